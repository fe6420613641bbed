/**
 * The service worker. It keeps the shell of the page, so that the page opens while the server cannot be reached, and it
 * takes photos that other apps share with the installed page. It touches no other request: not /api, no photo that the
 * page sends, no page but the first one.
 *
 * scripts/shell.mjs writes a line in front of this after each build: `self.SHELL`, with the `version` of the build and
 * its `files`, each path with the SHA-256 of what it must contain.
 */
const { version, files } = self.SHELL;

const SHELLS = "likeness-shell-";
const SHELL = SHELLS + version;
const SHARED = "likeness-shared"; // src/photos/shared.ts reads it
const HASHED = "/_next/static/"; // the names of these files contain a hash of their content
const PATIENCE_MS = 3000;

// All files are of this build, or none is kept, and the browser tries again later: each is compared with its digest.
// There is no `skipWaiting`: pages of the last build that are still open keep the files of their own build.
self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(removeOldShells()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && pathname === "/share") event.respondWith(takeShare(request));
  if (request.method !== "GET" || !Object.hasOwn(files, pathname)) return;
  if (pathname !== "/") event.respondWith(fileOf(request, pathname));
  else if (request.mode === "navigate") event.respondWith(pageOf(request));
});

async function keepShell() {
  try {
    const cache = await caches.open(SHELL);
    await cache.addAll(
      Object.entries(files).map(([path, integrity]) => {
        return new Request(path, { integrity, cache: path.startsWith(HASHED) ? "default" : "no-cache" });
      }),
    );
  } catch (error) {
    await caches.delete(SHELL);
    throw error; // the browser drops this worker; the one before goes on
  }
}

async function removeOldShells() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(SHELLS) && name !== SHELL);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** What is kept of this build. Its headers are kept too, among them the page's Content-Security-Policy. */
async function keptOf(path) {
  const cache = await caches.open(SHELL);
  return cache.match(path, { ignoreVary: true }); // files vary by their compression only
}

/** The server's page. The kept one, if the server fails, cannot be reached or lets a person wait. */
async function pageOf(request) {
  const kept = await keptOf("/");
  if (kept === undefined) return fetch(request);
  const answered = fetch(request).then(
    (answer) => (answer.status < 500 ? answer : kept),
    () => kept,
  );
  const waited = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept));
  return Promise.race([answered, waited]);
}

async function fileOf(request, path) {
  const kept = await keptOf(path);
  if (kept === undefined) return fetch(request);
  return path.startsWith(HASHED) ? kept : fetch(request).catch(() => kept);
}

/** Keeps photos that another app shares until the page takes them. */
async function takeShare(request) {
  try {
    const form = await request.formData();
    const cache = await caches.open(SHARED);
    for (const photo of form.getAll("photos").filter((entry) => entry instanceof File)) {
      const headers = { "Content-Type": photo.type, "X-Name": encodeURIComponent(photo.name) };
      await cache.put(`/share/${crypto.randomUUID()}`, new Response(photo, { headers }));
    }
    return Response.redirect("/", 303);
  } catch {
    return Response.redirect("/?share=failed", 303); // no room left, for example; the page says so
  }
}
