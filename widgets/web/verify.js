// The verification page: reads a number, asks the registries from the reader's own browser, and says what came of it.
// Everything is drawn as text; nothing is sent anywhere but the questions to the nodes.

import { defaultLang, registries } from "./built.js";
import { covers } from "./domains.js";
import { readNumber } from "./number.js";
import { inUnicode } from "./punycode.js";
import { lookUp, story, Unsure } from "./registry.js";
import { kept, keep, setting, settings } from "./memory.js";

const LANGUAGES = { "zh-CN": "简体", "zh-TW": "繁體", en: "English" };
const AUTHORITY_QUERY = "https://bcbeian.ifcert.cn/";
const NODELESS = ["unreachable", "timeout", "busy", "refused"]; // reasons under which an earlier answer is shown
// Neutral shapes on 24 by 24, each its own outline: disc, bars, bar in a box, crossed box, dashed ring, …
const SHAPES = {
  active: ["circle", { cx: 12, cy: 12, r: 10, fill: "currentColor" }],
  suspended: ["path", { d: "M5 3h5v18H5zM14 3h5v18h-5z", fill: "currentColor" }],
  cancelled: ["path", { d: "M3 3h18v18H3zM7 12h10" }],
  revoked: ["path", { d: "M3 3h18v18H3zM3 21 21 3" }],
  void: ["circle", { cx: 12, cy: 12, r: 10, "stroke-dasharray": "3 3" }],
  unfiled: ["path", { d: "M12 1 23 12 12 23 1 12z" }],
  absent: ["circle", { cx: 12, cy: 12, r: 10 }],
  malformed: ["path", { d: "M12 3 22 21H2z" }],
  unsure: ["path", { d: "M2 12h4M10 12h4M18 12h4", "stroke-width": 5 }],
  waiting: ["path", { d: "M2 12a10 10 0 0 1 20 0" }],
  ready: ["path", { d: "M3 5h18v14H3z" }],
};

const $ = (selector) => document.querySelector(selector);
const own = new URL(document.baseURI).host;
const referrer = document.referrer ? new URL(document.referrer) : null;
const cameFrom = /^https?:$/.test(referrer?.protocol) && referrer.host !== own ? referrer.hostname : ""; // not from an app
const firstFragment = location.hash;

let lang = "";
let texts = {};
let shown = { outcome: "ready" };
let turn = 0;
let spoken; // a promise: once the texts of the language are there

// --- drawing ------------------------------------------------------------------------------------------------

const say = (name, values = {}) => texts[name].replace(/\{(\w+)\}/g, (_, value) => values[value]);

const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
};

const shape = (outcome) => {
  const make = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const [tag, attributes] = SHAPES[outcome];
  const svg = make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(make(tag, { fill: "none", stroke: "currentColor", "stroke-width": 2, ...attributes }));
  return svg;
};

const moment = (seconds) =>
  new Intl.DateTimeFormat(lang, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(seconds * 1000);

const age = (ms) => {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([s]) => seconds >= s) ?? [1, "second"];
  return new Intl.RelativeTimeFormat(lang).format(-Math.floor(seconds / size), unit);
};

const reasonOf = ({ reason, values }) => say(reason, { ...values, time: values.time && moment(values.time) });

const verdict = ({ outcome, defect, reason, values, number, registry }) => {
  const lines = [];
  if (defect) lines.push(say(defect.code, defect));
  if (reason) lines.push(reasonOf({ reason, values }));
  if (texts[`${outcome}Note`]) lines.push(say(`${outcome}Note`, { province: number?.province }));
  return [
    el("div", {}, shape(outcome), el("h1", { tabindex: -1 }, say(outcome))),
    ...lines.map((line) => el("p", {}, line)),
    registry?.local ? el("p", { class: "local" }, say("local")) : "",
  ];
};

const list = (value, type) => (Array.isArray(value) ? value.filter((item) => item && typeof item === type) : []);

const domainItem = (pattern) => {
  const unicode = inUnicode(pattern);
  return el("li", {}, el("bdi", {}, unicode), unicode === pattern ? "" : el("small", {}, " ", el("bdi", {}, pattern)));
};

const domainsOf = (record, compare) => {
  const domains = list(record.displayed_on?.domains, "string");
  if (domains.length === 0) return el("p", { class: "domains" }, say("noDomains"));
  const box = el("div", { class: "domains" }, el("h2", {}, say("domains")), el("ul", { class: "plain" }, ...domains.map(domainItem)));
  if (domains.some((each) => each.startsWith("*."))) box.append(el("small", {}, say("wildcard")));
  if (!compare) return box;
  box.append(el("p", { class: "question" }, say("question")));
  if (cameFrom && location.hash === firstFragment) {
    const host = inUnicode(cameFrom) === cameFrom ? cameFrom : `${inUnicode(cameFrom)} (${cameFrom})`;
    if (covers(domains, cameFrom)) box.append(el("p", { class: "came" }, say("cameFrom", { host })));
    else box.prepend(el("p", { class: "came other" }, say("cameFromOther", { host })));
  }
  return box;
};

const subjectOf = ({ subject }) => {
  if (subject?.kind === "organisation") return subject.name;
  return subject?.kind ? say("natural") : undefined;
};

const runBy = ({ name, operator, local }) => say("runBy", { name, operator: local && operator === "-" ? say("ownUser") : operator });

const kindOf = (registry) => {
  const provinces = registry.provinces.join("") || say("everywhere");
  const parts = [say(registry.authority), registry.completeTo ? say("completeTo", { list: registry.completeTo }) : ""];
  const joined = parts.filter(Boolean).join(lang === "en" ? ", " : "，");
  return [joined, " ", el("small", {}, say(`${registry.authority}Note`, { provinces }))];
};

const facts = (pairs) =>
  el(
    "dl",
    {},
    ...pairs
      .filter(([, value]) => value !== undefined && value !== "")
      .flatMap(([name, value, css]) => [
        el("dt", {}, say(name)),
        el("dd", css ? { class: css } : {}, ...(Array.isArray(value) ? value : [el("bdi", {}, String(value))])),
      ]),
  );

const appName = ({ name, platform, id }) => [name, platform, id].map(written).filter(Boolean).join(" · ");

const written = (value) => (typeof value === "string" ? value : undefined);

const recordFacts = (record) => [
  ["subject", written(subjectOf(record))],
  ["service", written(record.service?.name)],
  ["filedOn", written(record.filed_on)],
  ["apps", list(record.displayed_on?.apps, "object").map(appName).join("; ")],
];

const changeLine = (change) => {
  const when = el("small", {}, `${moment(change.time)} · ${change.block}`);
  if (change.kind !== "status") return el("li", {}, say(change.kind), " ", when);
  const named = { from: say(`is-${change.from}`), to: say(`is-${change.to}`), reason: texts[`reason-${change.reason}`] ?? `${change.reason}` };
  return el("li", {}, say("changed", named), " ", when);
};

const details = ({ outcome, number, registry, head, told, others, earlier }) => {
  const drawn = [];
  const counts = outcome !== "void"; // what was entered in error says nothing about the number
  const record = counts ? told?.record : null;
  if (told && counts && !record) drawn.push(el("p", { class: "domains" }, say("noRecord")));
  if (record) drawn.push(domainsOf(record, true));
  if (earlier) drawn.push(earlierBox(earlier));
  if (number) {
    drawn.push(
      facts([
        ["number", number.text],
        ...(record ? recordFacts(record) : []),
        ...(registry ? [["registry", runBy(registry)], ["kind", kindOf(registry)]] : []),
        ...(head
          ? [
              ["asOf", say("block", { block: head.number, finality: registry.finality, time: moment(head.time), nodes: registry.nodes.length })],
              ["chainName", say("chainOf", { id: registry.chainId, contract: registry.contract }), "code"],
            ]
          : []),
      ]),
    );
  }
  if (told?.changes.length) {
    drawn.push(
      el("h2", {}, say("history")),
      el("ul", { class: "plain" }, ...told.changes.map(changeLine)),
      el("small", {}, [told.more ? say("moreChanges") : "", say("oneNode")].filter(Boolean).join(lang === "en" ? "; " : "；")),
    );
  }
  if (others?.length) {
    drawn.push(el("h2", {}, say("others")), el("ul", { class: "plain" }, ...others.map((other) => el("li", {}, otherLine(other)))));
  }
  return drawn;
};

const otherLine = ({ registry, outcome, reason, values }) => {
  const answer = reason ? `${say(outcome)} ${reasonOf({ reason, values })}` : say(outcome);
  return `${runBy(registry)} (${say(registry.authority)}): ${answer}`;
};

const earlierBox = ({ at, outcome, record }) =>
  el(
    "div",
    { class: "kept" },
    el("p", {}, say("earlier", { age: age(at), answer: lang === "en" ? `${say(outcome)}.` : say(outcome) })),
    ...(record ? [domainsOf(record, false), facts(recordFacts(record))] : []),
  );

const draw = () => {
  document.documentElement.lang = lang;
  document.title = [shown.number?.key, say(shown.outcome), say("title")].filter(Boolean).join(" · ");
  $("#title").textContent = say("title");
  $("#subtitle").textContent = say("subtitle");
  $("nav").setAttribute("aria-label", say("language"));
  for (const button of $("nav").children) button.setAttribute("aria-pressed", String(button.lang === lang));
  $("form label").textContent = say("ready");
  $("form button").textContent = say("check");
  const footer = ["registration", "testChain", "authorityQuery", "nothing"];
  $("footer").replaceChildren(...footer.map((name) => el("p", {}, say(name, { address: AUTHORITY_QUERY }))));
  let [above, below] = [[], []];
  try {
    [above, below] = [verdict(shown), details(shown)];
  } catch {
    shown = { outcome: "unsure", reason: "page", values: {}, number: shown.number };
    [above, below] = [verdict(shown), details(shown)];
  }
  $("#verdict").dataset.outcome = shown.outcome;
  $("#verdict").replaceChildren(...above.filter(Boolean));
  $("#details").replaceChildren(...below);
};

const show = (next) => {
  shown = next;
  draw();
};

// --- asking -------------------------------------------------------------------------------------------------

const decides = (registry, number) =>
  registry.authority === "authoritative" && (registry.provinces.length === 0 || registry.provinces.includes(number.province));

const outcomeOf = (registry, number, { status }) => {
  if (status !== "none") return status;
  return decides(registry, number) ? "unfiled" : "absent";
};

const asked = async (registry, number) => {
  try {
    const { entry, head } = await lookUp(registry, number.key, Date.now());
    return { number, registry, entry, head, outcome: outcomeOf(registry, number, entry) };
  } catch (error) {
    const [reason, values] = error instanceof Unsure ? [error.reason, error.values] : ["page", {}];
    return { number, registry, outcome: "unsure", reason, values };
  }
};

/** The answer of the registry that counts most and does not say only that it lacks the number; the others' beside it. */
const answer = async (number) => {
  const rank = (registry) => (decides(registry, number) ? 0 : registry.authority === "mirror" ? 1 : 2);
  const ranked = [...registries].sort((one, other) => rank(one) - rank(other));
  const answers = await Promise.all(ranked.map((registry) => asked(registry, number)));
  const chosen = answers.find(({ outcome }) => outcome !== "absent") ?? answers[0];
  return { ...chosen, others: answers.filter((each) => each !== chosen) };
};

const check = async (focus) => {
  const mine = ++turn;
  const focused = (next) => {
    show(next);
    if (focus) $("h1").focus();
  };
  let text = location.hash.slice(1);
  try {
    text = decodeURIComponent(text);
  } catch {
    // Shown and judged as it is.
  }
  const number = text.trim() ? readNumber(text) : undefined;
  const answering = number?.key ? answer(number) : undefined; // the nodes need not wait for the words
  await spoken;
  if (mine !== turn) return;
  if (!number) {
    show({ outcome: "ready" });
    return;
  }
  $("#number").value = number.text ?? text;
  if (number.defect) {
    focused({ outcome: "malformed", defect: number.defect });
    return;
  }
  focused({ outcome: "waiting", number });
  const found = await answering;
  if (mine !== turn) return;
  const earlier = NODELESS.includes(found.reason) ? kept(number.key, found.registry) : undefined;
  focused({ ...found, earlier });
  if (!found.entry) return;
  const told = found.entry.status === "none" ? undefined : await story(found.registry, number, found.entry);
  const record = found.outcome === "void" ? undefined : told?.record;
  keep(number.key, found.registry, { at: Date.now(), outcome: found.outcome, record });
  if (mine !== turn || !told) return;
  shown = { ...found, told };
  try {
    $("#details").replaceChildren(...details(shown));
  } catch {
    draw(); // says that the page could not show it
  }
};

// --- language, start ----------------------------------------------------------------------------------------

const nearest = (tag) => {
  if (/^zh\b/i.test(tag)) return /tw|hk|mo|hant/i.test(tag) ? "zh-TW" : "zh-CN";
  return /^en\b/i.test(tag) ? "en" : undefined;
};

const speak = async (wanted) => {
  texts = (await import(`./texts-${wanted}.js`)).default;
  lang = wanted;
};

const register = async () => {
  const policy = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: () => "worker.js" });
  await navigator.serviceWorker?.register(policy ? policy.createScriptURL("") : "worker.js");
};

for (const [tag, name] of Object.entries(LANGUAGES)) {
  const button = el("button", { type: "button", lang: tag }, name);
  button.addEventListener("click", async () => {
    settings({ lang: tag });
    await speak(tag);
    draw();
  });
  $("nav").append(button);
}
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("#number").value.trim();
  const fragment = `#${encodeURIComponent(readNumber(text).key ?? text)}`;
  if (fragment === location.hash) check(true);
  else location.hash = fragment;
});
addEventListener("hashchange", () => check(true));

const preferred = setting("lang") ?? navigator.languages.map(nearest).find(Boolean) ?? defaultLang;
spoken = speak(preferred in LANGUAGES ? preferred : defaultLang);
check(false);
register().catch(() => {}); // without it the page only does not open offline
