// Does a visited host fall under the domains a filing names? The rule of attest/domains.py, held by the same vectors.

/** A host name as lower-case A-labels without a trailing dot; an empty string for what is none. */
const canonicalHost = (host) => {
  if (/[\s/\\?#@:]/.test(host)) return "";
  try {
    const name = new URL(`http://${host}`).hostname.replace(/\.$/, "");
    return /^[^.]+(\.[^.]+)*$/.test(name) ? name : "";
  } catch {
    return "";
  }
};

/** Whether one of `patterns` (hosts and `*.` hosts, as a record has them) covers the visited host. */
export const covers = (patterns, host) => {
  const visited = canonicalHost(host);
  const bare = (name) => name.replace(/^www\./, "");
  return (
    visited !== "" &&
    patterns.some((it) => (it.startsWith("*.") ? visited.endsWith(it.slice(1)) : bare(visited) === bare(it)))
  );
};
