// Keeps the page's own files for when there is no network. `FILES` and `VERSION` stand above: the page's builder writes
// them. Answers are kept by the page, not here, and nothing that is asked of a node passes through.

const CACHE = `page-${VERSION}`;

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("page-") && name !== CACHE).map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(old());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const own = FILES.some((name) => new URL(name, registration.scope).href === request.url.split(/[?#]/)[0]);
  if (request.method !== "GET" || !own) return;
  const kept = async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(request, { ignoreSearch: true })) ?? Response.error();
  };
  event.respondWith(fetch(request).catch(kept));
});
