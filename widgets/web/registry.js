// What a registry holds under a number, asked of its nodes: every read pinned to one block that all of them have.
// An inability is an `Unsure` with its reason; nothing else leaves this module, and none of it is a verdict.

export const ENTRY_OF = "0x82fb8643";
export const DEPLOYED_AT = "0xeae4c19f";
export const TOPICS = {
  "0xf5c90b6d0a81a281b82d07d9b902db80666ce0f468214ab3c0278984e219b173": "registered",
  "0x2e02c907341ffb467a70fe8047947854fbbbd4169b23312c291ede40d8a06063": "amended",
  "0xd1eb02a4bc22b7889df197d81475011b89fbd55dbe352abe4448ea2968d6a485": "reopened",
  "0x30aa6cc32166b0c5a3fd804e88c76850428186ac29881b9f86ef5e67bc13d83e": "status",
};
export const STATUSES = ["none", "active", "suspended", "cancelled", "revoked", "void"];

const AHEAD_S = 900; // that a node's clock may be ahead of the reader's
const LATEST_S = 8.64e12; // the last moment that JavaScript can write as a date
const TIMEOUT_MS = 5000;
const RETRY_MS = 300;
const MAX_SHOWN = 12; // blocks of changes that are followed once the record is found; a filing has a handful
const MAX_HOPS = 64; // and until it is
const MAX_RECORD = 2048; // bytes, the contract's bound

export class Unsure extends Error {
  constructor(reason, values = {}) {
    super(reason);
    this.reason = reason;
    this.values = values;
  }
}

const odd = () => new Unsure("protocol");
const quantity = (value) => {
  if (!/^0x[0-9a-f]{1,13}$/i.test(value)) throw odd();
  return Number(value);
};
const words = (data, least) => {
  if (!/^0x([0-9a-f]{64})*$/i.test(data)) throw odd();
  const found = data.slice(2).toLowerCase().match(/.{64}/g) ?? [];
  if (found.length < least) throw odd();
  return found;
};
const small = (word) => quantity(`0x${word.replace(/^0+(?=.)/, "")}`);
const status = (word) => STATUSES[small(word)] ?? "";
const keyWord = (key) =>
  `0x${[...key].map((each) => each.charCodeAt(0).toString(16)).join("").padEnd(64, "0")}`;

const sent = async (url, body) => {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      credentials: "omit",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return await response.text();
  } catch (error) {
    throw new Unsure(error.name === "TimeoutError" ? "timeout" : "unreachable");
  }
  throw new Unsure(response.status === 429 ? "busy" : "refused", { status: response.status });
};

const ask = async (url, method, params) => {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  let text;
  try {
    text = await sent(url, body);
  } catch (error) {
    if (error.reason === "timeout") throw error;
    await new Promise((done) => setTimeout(done, RETRY_MS));
    text = await sent(url, body);
  }
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw odd();
  }
  if (answer?.id !== 1 || answer.error || answer.result === undefined) throw odd();
  return answer.result;
};

const blockOf = (found) => {
  if (!/^0x[0-9a-f]{64}$/i.test(found?.hash)) throw odd();
  const time = quantity(found.timestamp);
  if (time > LATEST_S) throw odd();
  return { number: quantity(found.number), time, hash: found.hash.toLowerCase() };
};
const blockAt = async (url, where) => {
  const block = blockOf(await ask(url, "eth_getBlockByNumber", [typeof where === "number" ? hex(where) : where, false]));
  if (typeof where === "number" && block.number !== where) throw odd();
  return block;
};
const hex = (number) => `0x${number.toString(16)}`;

const headOf = async (url, finality) => {
  const confirmations = /^(\d+) confirmations?$/.exec(finality);
  if (!confirmations) return blockAt(url, finality);
  const latest = await blockAt(url, "latest");
  return blockAt(url, Math.max(0, latest.number - Number(confirmations[1])));
};

/** The node's head, once it has shown that it serves the registry's chain. */
const checkedHead = async (registry, url) => {
  const [chainId, genesis, head] = await Promise.all([
    ask(url, "eth_chainId", []).then(quantity),
    blockAt(url, 0),
    headOf(url, registry.finality),
  ]);
  if (chainId !== registry.chainId || genesis.hash !== registry.genesis) throw new Unsure("chain");
  return head;
};

/** The newest block that every node has, which must be the same on each. */
const commonHead = async (registry) => {
  const heads = await Promise.all(registry.nodes.map((url) => checkedHead(registry, url)));
  const head = heads.reduce((lowest, each) => (each.number < lowest.number ? each : lowest));
  const same = await Promise.all(
    registry.nodes.map((url, at) => (heads[at].number === head.number ? heads[at] : blockAt(url, head.number))),
  );
  if (same.some((each) => each.hash !== head.hash)) throw new Unsure("disagree");
  return head;
};

const call = (url, registry, data, at) => ask(url, "eth_call", [{ to: registry.contract, data }, at]);

const entryIn = async (url, registry, key, at) => {
  const answer = await call(url, registry, ENTRY_OF + keyWord(key).slice(2), at);
  if (answer === "0x") throw new Unsure("contract");
  const [digest, changedAt, state] = words(answer, 3);
  const entry = { digest: digest.slice(0, 52), changedAt: small(changedAt), status: status(state) };
  if (!entry.status || (entry.status === "none") !== (entry.changedAt === 0)) throw odd();
  return entry;
};

/**
 * The entry of a number: `{entry: {status, digest, changedAt}, head: {number, time, hash}}`.
 * `now` is in milliseconds. Throws `Unsure`.
 */
export const lookUp = async (registry, key, now) => {
  const head = await commonHead(registry);
  const age = Math.floor(now / 1000) - head.time;
  if (age < -AHEAD_S) throw odd();
  if (registry.finality !== "latest" && age > registry.maxHeadAge) throw new Unsure("stale", { time: head.time });
  const at = { blockHash: head.hash, requireCanonical: true };
  const [deployedAt, ...entries] = await Promise.all([
    registry.deployedAt === null ? null : call(registry.nodes[0], registry, DEPLOYED_AT, at),
    ...registry.nodes.map((url) => entryIn(url, registry, key, at)),
  ]);
  if (deployedAt !== null && small(words(deployedAt, 1)[0]) !== registry.deployedAt) throw new Unsure("contract");
  const [entry, ...others] = entries;
  if (others.some((other) => JSON.stringify(other) !== JSON.stringify(entry))) throw new Unsure("disagree");
  if (entry.changedAt > head.number) throw odd();
  if (["none", "void"].includes(entry.status) && registry.finality !== "latest") {
    const newest = await entryIn(registry.nodes[0], registry, key, "latest");
    if (!["none", "void"].includes(newest.status)) throw new Unsure("pending");
  }
  return { entry, head };
};

const changeOf = (log, registry, key, block) => {
  const kind = TOPICS[log?.topics?.[0]];
  if (kind === undefined) return null;
  const right =
    log.blockHash === block.hash && log.address?.toLowerCase() === registry.contract && log.topics[1] === keyWord(key);
  if (!right) throw odd();
  const change = { kind, block: block.number, time: block.time, index: quantity(log.logIndex) };
  if (kind === "status") {
    const [previous, from, to, reason] = words(log.data, 4);
    if (!status(from) || !status(to)) throw odd();
    return { ...change, previous: small(previous), from: status(from), to: status(to), reason: small(reason) };
  }
  const [previous, , offset, length, ...rest] = words(log.data, 4);
  const size = small(length);
  if (small(offset) !== 96 || size > MAX_RECORD || size > rest.length * 32) throw odd();
  const record = Uint8Array.from(rest.join("").slice(0, size * 2).match(/../g) ?? [], (byte) => Number(`0x${byte}`));
  const to = kind === "amended" ? "" : "active";
  return { ...change, previous: small(previous), to, record };
};

const changesIn = async (registry, key, number) => {
  const [url] = registry.nodes;
  const block = await blockAt(url, number);
  const filter = { address: registry.contract, topics: [null, keyWord(key)], blockHash: block.hash };
  const logs = await ask(url, "eth_getLogs", [filter]);
  if (!Array.isArray(logs)) throw odd();
  const changes = logs.map((log) => changeOf(log, registry, key, block)).filter((change) => change !== null);
  changes.sort((one, other) => other.index - one.index);
  if (changes.length === 0 || changes.at(-1).previous >= number) throw new Unsure("logs");
  return changes;
};

const recordOf = async (bytes, digest) => {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = [...hash.slice(0, 26)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== digest) throw new Unsure("record");
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
};

/**
 * The record of an entry and its changes, newest first: `{record, changes, more}`. What cannot be had is left out:
 * `record` is then null. A record is the one whose SHA-256 the entry holds and that names the number; the changes are
 * one node's word. `more` says that there are earlier changes.
 */
export const story = async (registry, number, entry) => {
  const changes = [];
  let [at, record] = [entry.changedAt, null];
  try {
    for (let hop = 0; hop < (record ? MAX_SHOWN : MAX_HOPS) && at > 0; hop++) {
      const found = await changesIn(registry, number.key, at);
      const last = found.find((change) => change.to);
      if (changes.length === 0 && last && last.to !== entry.status) throw new Unsure("logs");
      const text = record ? undefined : found.find((change) => change.record);
      if (text) record = await recordOf(text.record, entry.digest);
      changes.push(...found);
      at = found.at(-1).previous;
    }
  } catch {
    // What was found so far stands: each change on its own, the record by its digest.
  }
  return { record: record?.number === number.text ? record : null, changes, more: at > 0 };
};
