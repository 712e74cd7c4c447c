// Whether a record holds the fields that were disclosed of it. Needs nothing but WebCrypto: runs in browsers and in Node.

const RECORD = "filing-record/1";
const ATTESTATION = "filing-attestation/1";
const DISCLOSURE = "filing-disclosure/1";
const DIGEST_LENGTH = 26; // bytes of SHA-256 that the registry keeps
const HASH_LENGTH = 32; // bytes
const SALT_LENGTH = 16; // bytes
const MAX_PROOF = 32; // hashes

/** Why a file proves nothing. */
export class Refused extends Error {
  name = "Refused";
}

/**
 * The disclosed fields, if all of them are in the record with this digest.
 *
 * @param {string} attestationText the attestation file
 * @param {string} disclosureText the file of disclosed fields
 * @param {string} digest the record's digest as the registry holds it, hexadecimal
 * @returns {Promise<[string, string | number | boolean][]>} path and value of each
 * @throws {Refused | SyntaxError} one of them is not, or something is no such file
 */
export async function check(attestationText, disclosureText, digest) {
  const record = recordOf(JSON.parse(attestationText));
  if (toHex(await recordDigest(record)) !== digest) throw new Refused("the registry holds another record");
  const disclosure = disclosureOf(JSON.parse(disclosureText));
  if (disclosure.number !== record.number) throw new Refused("the fields are another filing's");
  if (disclosure.private_root !== record.private_root) throw new Refused("the fields are another version's");
  const root = fromBase64url(record.private_root, HASH_LENGTH);
  for (const field of disclosure.fields) {
    if (!(await isProven(field, disclosure.size, root))) throw new Refused(`not in the record: ${field.path}`);
  }
  return disclosure.fields.map(({path, value}) => [path, value]);
}

/** The digest that the registry keeps of a record: SHA-256 of its canonical bytes, cut. */
export async function recordDigest(record) {
  return (await sha256(utf8(canonical(record)))).subarray(0, DIGEST_LENGTH);
}

/** Whether a field is a leaf of the tree of `size` leaves with this root. RFC 9162, section 2.1.3.2. */
export async function isProven({index, salt, path, value, proof}, size, root) {
  if (index >= size) return false;
  let place = index;
  let last = size - 1;
  let found = await leafHash(utf8(canonical([salt, path, value])));
  for (const node of proof) {
    const beside = fromBase64url(node, HASH_LENGTH);
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      found = await nodeHash(beside, found);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      found = await nodeHash(found, beside);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && toHex(found) === toHex(root);
}

/** RFC 8785 text of a JSON value whose numbers are whole. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.keys(value).sort().map((name) => `${canonical(name)}:${canonical(value[name])}`);
    return `{${fields.join()}}`;
  }
  if (typeof value === "string" && !isWellFormed(value)) throw new Refused("half a character");
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Refused("a number that is not whole");
  return JSON.stringify(value);
}

// --- files ---------------------------------------------------------------------------------------------------

/** The record of an attestation file. Whether it is a good one its digest says. */
function recordOf(file) {
  const record = file?.record;
  if (file?.schema !== ATTESTATION || record?.schema !== RECORD) throw new Refused("no attestation with a record");
  if (record.number !== file.number) throw new Refused("the record is another filing's");
  return record;
}

function disclosureOf(file) {
  const names = ["fields", "number", "private_root", "schema", "size"];
  const good = hasExactly(file, names) && file.schema === DISCLOSURE && isCount(file.size) && file.size > 0;
  if (!good || !Array.isArray(file.fields) || file.fields.length === 0) throw new Refused("no disclosure");
  if (!file.fields.every(isField)) throw new Refused("a field in another form");
  return file;
}

function isField(field) {
  return (
    hasExactly(field, ["index", "path", "proof", "salt", "value"]) &&
    isCount(field.index) &&
    isBase64url(field.salt, SALT_LENGTH) &&
    typeof field.path === "string" &&
    field.path !== "" &&
    ["string", "number", "boolean"].includes(typeof field.value) &&
    Array.isArray(field.proof) &&
    field.proof.length <= MAX_PROOF &&
    field.proof.every((node) => isBase64url(node, HASH_LENGTH))
  );
}

function hasExactly(value, names) {
  return value !== null && typeof value === "object" && Object.keys(value).sort().join() === names.join();
}

function isCount(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

// --- bytes ---------------------------------------------------------------------------------------------------

const leafHash = (leaf) => sha256(Uint8Array.of(0, ...leaf));
const nodeHash = (left, right) => sha256(Uint8Array.of(1, ...left, ...right));
const half = (number) => Math.floor(number / 2); // >> would cut numbers beyond 32 bits
const utf8 = (text) => new TextEncoder().encode(text);
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const isWellFormed = (text) => !/\p{Surrogate}/u.test(text);

async function sha256(bytes) {
  return new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", bytes));
}

/** Whether a text is `length` bytes in base64url without padding, in their one spelling. */
function isBase64url(text, length) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return false;
  const bytes = bytesOf(text);
  const again = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return bytes.length === length && again === text;
}

function fromBase64url(text, length) {
  if (!isBase64url(text, length)) throw new Refused(`not ${length} bytes in base64url`);
  return bytesOf(text);
}

function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}
