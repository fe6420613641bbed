export default function NotFound() {
  return (
    <main className="lost">
      <h1>There is nothing at this address</h1>
      <p>
        {/* A plain link, because each page has its own Content-Security-Policy, which takes effect only on a full load. */}
        {/* eslint-disable-next-line @next/next/no-html-link-for-pages */}
        <a href="/">Restore a photo</a>
      </p>
    </main>
  );
}
