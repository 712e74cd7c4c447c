// OpenAttestation under the clock, for `benchmark.py seal`. Reads a document, one line of JSON; then for each line
// `wrap N`, `check N` or `batch N` does that N times, or once with N documents, and prints the milliseconds a document.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { wrapDocument, wrapDocuments, verifySignature } = createRequire(import.meta.url)("@govtechsg/open-attestation");

function timed(count, work) {
  const start = performance.now();
  work();
  return (performance.now() - start) / count;
}

function repeat(count, work) {
  for (let done = 0; done < count; done += 1) {
    if (!work()) throw new Error("OpenAttestation did not do its work");
  }
}

let document;
let wrapped;
const does = {
  wrap: (count) => timed(count, () => repeat(count, () => wrapDocument(document))),
  check: (count) => timed(count, () => repeat(count, () => verifySignature(wrapped))),
  batch: (count) => {
    const documents = Array.from({ length: count }, () => document);
    return timed(count, () => wrapDocuments(documents));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  if (document === undefined) {
    document = JSON.parse(line);
    wrapped = wrapDocument(document);
    continue;
  }
  const [what, count] = line.split(" ");
  console.log(does[what](Number(count)));
}
