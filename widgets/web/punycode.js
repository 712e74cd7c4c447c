// A host name as its owner writes it, beside the A-labels that name servers know (RFC 3492).

const MAX = 2 ** 31; // of any number on the way; a label beyond is not one

const decoded = (label) => {
  const cut = label.lastIndexOf("-");
  const points = [...label.slice(0, Math.max(cut, 0))].map((character) => character.codePointAt(0));
  let [n, bias, i, at] = [128, 72, 0, cut + 1];
  while (at < label.length) {
    const start = i;
    for (let weight = 1, k = 36; ; k += 36) {
      const digit = Number.parseInt(label[at++], 36);
      const value = digit < 10 ? digit + 26 : digit - 10;
      i += value * weight;
      if (!(i < MAX)) throw new RangeError("not punycode");
      const threshold = Math.min(Math.max(k - bias, 1), 26);
      if (value < threshold) break;
      weight *= 36 - threshold;
    }
    const count = points.length + 1;
    let delta = Math.floor((i - start) / (start ? 2 : 700));
    delta += Math.floor(delta / count);
    bias = 0;
    for (; delta > 455; bias += 36) delta = Math.floor(delta / 35);
    bias += Math.floor((36 * delta) / (delta + 38));
    n += Math.floor(i / count);
    i %= count;
    points.splice(i++, 0, n);
  }
  return String.fromCodePoint(...points);
};

/** The name in Unicode; itself where nothing in it is encoded, or where a browser would not encode it so. */
export const inUnicode = (host) => {
  try {
    const labels = host.split(".").map((label) => (label.startsWith("xn--") ? decoded(label.slice(4)) : label));
    const name = labels.join(".");
    return new URL(`http://${name}`).hostname === host ? name : host;
  } catch {
    return host;
  }
};
