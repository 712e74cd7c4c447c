// <filing-badge number page lang theme size domains>: a filing number, its label and a link to the verification page.
// Where the site is none of `domains`, it says so. Whoever copies the element can edit it: the page decides, not this.
// `covers` and `TEXTS` stand above: `widgets.web.element` writes them, from domains.js and the message catalogue.

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
:host {
  --ink: var(--filing-badge-ink, #1f2328); --paper: var(--filing-badge-paper, #fff); --line: var(--filing-badge-line, #59636e);
  --warn: var(--filing-badge-warn, #9a2a1f); display: inline-block; font: 14px/1.5 system-ui, sans-serif;
}
:host([hidden]) { display: none; }
:host([size=small]) { font-size: 12px; }
:host([size=large]) { font-size: 18px; }
:host([theme=dark]) {
  --ink: var(--filing-badge-ink, #f0f3f6); --paper: var(--filing-badge-paper, #151b23); --line: var(--filing-badge-line, #9198a1);
  --warn: var(--filing-badge-warn, #ffab9e);
}
@media (prefers-color-scheme: dark) {
  :host(:not([theme=light])) {
    --ink: var(--filing-badge-ink, #f0f3f6); --paper: var(--filing-badge-paper, #151b23);
    --line: var(--filing-badge-line, #9198a1); --warn: var(--filing-badge-warn, #ffab9e);
  }
}
a, p { color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 3px; padding: 3px 8px; }
a { display: inline-block; min-height: 24px; text-decoration: none; }
a:hover [part=number], a:focus-visible [part=number] { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
span { display: block; overflow-wrap: anywhere; }
p { margin: 4px 0 0; color: var(--warn); border-color: var(--warn); font-weight: 600; }
`);

const make = (tag, part, text = "") => Object.assign(document.createElement(tag), { part, textContent: text });

class FilingBadge extends HTMLElement {
  static observedAttributes = ["number", "page", "lang", "domains"];

  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: "open" }).adoptedStyleSheets = [SHEET];
    this.draw();
  }

  attributeChangedCallback() {
    if (this.shadowRoot) this.draw();
  }

  draw() {
    const number = this.getAttribute("number") ?? "";
    const key = /^.?(?:网信备)?(\d{19}[\dX])号?$/.exec(number)?.[1];
    const page = this.getAttribute("page") ?? "";
    if (!key || !/^https?:\/\//.test(page)) {
      this.shadowRoot.replaceChildren(make("slot")); // what stands inside the element, as without scripts
      return;
    }
    const tag = this.closest("[lang]")?.lang || "zh-CN";
    const texts = TEXTS[/^zh/i.test(tag) ? (/tw|hk|mo|hant/i.test(tag) ? "zh-TW" : "zh-CN") : "en"];
    const link = make("a", "link");
    Object.assign(link, { href: `${page.split("#")[0]}#${key}`, target: "_blank", rel: "noopener" });
    link.append(make("span", "label", texts.label), make("span", "number", number));
    const domains = (this.getAttribute("domains") ?? "").split(/[\s,]+/).filter(Boolean);
    const elsewhere = domains.length > 0 && !covers(domains, location.hostname);
    const status = elsewhere ? [make("p", "status", texts.elsewhere.replace("{domains}", domains.join(", ")))] : [];
    this.shadowRoot.replaceChildren(link, ...status);
  }
}

if (!customElements.get("filing-badge")) customElements.define("filing-badge", FilingBadge);
