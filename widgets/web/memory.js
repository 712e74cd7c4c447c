// What stays on the reader's own device: the language, and the last answers for when no node can be reached.

const MAX_ANSWERS = 20;

const PREFIX = "filing-attest:"; // other pages of the same origin have names of their own

const read = (name) => {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
};
const write = (name, value) => {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage may be full or forbidden: then nothing is remembered.
  }
};

export const setting = (name) => read("settings")?.[name];
export const settings = (changed) => write("settings", { ...read("settings"), ...changed });

const answers = () => {
  const found = read("answers");
  return Array.isArray(found) ? found.filter((each) => typeof each?.id === "string") : [];
};

const idOf = (key, { chainId, genesis, contract }) => [key, chainId, genesis, contract].join(" ");

/** The last answer about a number by that registry: `{at, outcome, record}`, `at` in milliseconds. */
export const kept = (key, registry) => answers().find(({ id }) => id === idOf(key, registry));

/** Keep an answer in place of the one before. */
export const keep = (key, registry, answer) => {
  const id = idOf(key, registry);
  const others = answers().filter((each) => each.id !== id);
  write("answers", [{ id, ...answer }, ...others].slice(0, MAX_ANSWERS));
};
