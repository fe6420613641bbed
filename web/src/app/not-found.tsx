export default function NotFound() {
  return (
    <main className="lost">
      <h1>There is nothing at this address</h1>
      <p>
        {/* A plain link: the page is loaded anew, with a policy of its own. */}
        {/* eslint-disable-next-line @next/next/no-html-link-for-pages */}
        <a href="/">Restore a photo</a>
      </p>
    </main>
  );
}
