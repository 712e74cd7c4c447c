// What the renderer asks of a page, run apart from the page's own scripts: where characters stand, and the same page
// with some text unpainted. Coordinates are CSS pixels of the outermost window.
(() => {
  const SPACES = " \t\n\r\f";
  const SCROLLS = new Set(["auto", "scroll", "overlay"]);
  const LEAST_SCROLLER = 24;
  const UNPAINTED = [
    ["color", "transparent"], ["-webkit-text-fill-color", "transparent"], ["text-shadow", "none"],
    ["-webkit-text-stroke-color", "transparent"], ["text-decoration-color", "transparent"], ["fill", "transparent"],
    ["stroke", "transparent"], ["transition", "none"], ["caret-color", "transparent"],
  ];
  const INHERITED = ["color", "-webkit-text-fill-color", "text-shadow", "-webkit-text-stroke-color", "fill", "stroke"];
  const MARK = "data-filing-attest";
  let undo = [];

  const around = (element) => element.assignedSlot || element.parentElement || (element.getRootNode().host ?? null);

  const offset = (view) => {
    let [x, y] = [0, 0];
    for (let frame = view.frameElement; frame; frame = frame.ownerDocument.defaultView.frameElement) {
      const box = frame.getBoundingClientRect();
      x += box.left + frame.clientLeft;
      y += box.top + frame.clientTop;
    }
    return [x, y];
  };

  const rect = (box, [x, y]) => [box.left + x, box.top + y, box.width, box.height];

  // Scroll only what a reader can scroll.
  const reveal = (element) => {
    for (let view = element.ownerDocument.defaultView; view; ) {
      for (let outer = around(element); outer; outer = around(outer)) {
        const style = view.getComputedStyle(outer);
        const root = outer === outer.ownerDocument.documentElement || outer === outer.ownerDocument.body;
        if (root || outer.clientHeight < LEAST_SCROLLER) continue;
        const [box, port] = [element.getBoundingClientRect(), outer.getBoundingClientRect()];
        if (SCROLLS.has(style.overflowY) && outer.scrollHeight > outer.clientHeight)
          outer.scrollTop += box.top + box.height / 2 - port.top - outer.clientHeight / 2;
        if (SCROLLS.has(style.overflowX) && outer.scrollWidth > outer.clientWidth)
          outer.scrollLeft += box.left + box.width / 2 - port.left - outer.clientWidth / 2;
      }
      const root = view.getComputedStyle(element.ownerDocument.documentElement);
      const body = element.ownerDocument.body ? view.getComputedStyle(element.ownerDocument.body) : root;
      const cut = (axis) => {
        const own = root[axis] === "visible" ? body[axis] : root[axis];
        return own === "hidden" || own === "clip";
      };
      const box = element.getBoundingClientRect();
      const by = {
        left: cut("overflowX") ? 0 : box.left + Math.min(box.width, view.innerWidth) / 2 - view.innerWidth / 2,
        top: cut("overflowY") ? 0 : box.top + Math.min(box.height, view.innerHeight) / 2 - view.innerHeight / 2,
      };
      view.scrollBy({ ...by, behavior: "instant" });
      element = view.frameElement;
      view = element && element.ownerDocument.defaultView;
    }
  };

  // The boxes of the characters `first` to `end` of a text node, not counting the white space that CSS collapses.
  const cells = (node, first, end, count) => {
    const at = [];
    let place = 0;
    for (const character of node.data) {
      if (!SPACES.includes(character)) at.push([place, place + character.length]);
      place += character.length;
    }
    if (at.length !== count) return null;
    const range = node.ownerDocument.createRange();
    const moved = offset(node.ownerDocument.defaultView);
    return at.slice(first, end).map(([from, to]) => {
      range.setStart(node, from);
      range.setEnd(node, to);
      return rect(range.getBoundingClientRect(), moved);
    });
  };

  const box = (element) => rect(element.getBoundingClientRect(), offset(element.ownerDocument.defaultView));

  // How much larger an element is painted than it is laid out.
  const scale = (element) => {
    for (let outer = element; outer; outer = around(outer))
      if (outer.offsetWidth > 0 && outer.offsetHeight > 0) {
        const painted = outer.getBoundingClientRect();
        return Math.min(painted.width / outer.offsetWidth, painted.height / outer.offsetHeight) || 1;
      }
    return 1;
  };

  const set = (element, name, value) => {
    const style = element.style;
    const before = [style.getPropertyValue(name), style.getPropertyPriority(name)];
    undo.push(() => style.setProperty(name, ...before));
    style.setProperty(name, value, "important");
  };

  const sheet = (root) => {
    const added = new root.ownerDocument.defaultView.CSSStyleSheet();
    const mark = `[${MARK}]`.repeat(8);
    const rules = UNPAINTED.map(([name, value]) => `${name}:${value} !important`).join(";");
    added.replaceSync(["before", "after", "marker", "first-letter", "first-line", "placeholder"]
      .map((pseudo) => `${mark}::${pseudo}{${rules}}`).join(""));
    return added;
  };

  // Take the paint off the own text of `elements`, and off nothing else.
  const unpaint = (elements) => {
    for (const element of elements) {
      const view = element.ownerDocument.defaultView;
      const inner = [...element.children].filter((child) => !elements.includes(child) && child.style);
      const kept = inner.map((child) => INHERITED.map((name) => view.getComputedStyle(child).getPropertyValue(name)));
      const behind = view.getComputedStyle(element);
      const clipped = behind.backgroundClip.includes("text") || behind.webkitBackgroundClip.includes("text");
      for (const [name, value] of UNPAINTED) set(element, name, value);
      if (clipped) set(element, "background-image", "none");
      if (clipped) set(element, "background-color", "transparent");
      inner.forEach((child, at) => {
        set(child, "transition", "none");
        INHERITED.forEach((name, which) => set(child, name, kept[at][which]));
      });
      const root = element.getRootNode();
      const scope = root.adoptedStyleSheets ? root : element.ownerDocument;
      const added = sheet(scope.host ?? scope.documentElement);
      const before = [...scope.adoptedStyleSheets];
      scope.adoptedStyleSheets = [...before, added];
      element.setAttribute(MARK, "");
      undo.push(() => {
        element.removeAttribute(MARK);
        scope.adoptedStyleSheets = before;
      });
    }
  };

  const repaint = () => {
    for (const step of undo.reverse()) step();
    undo = [];
  };

  // What stands in front of a point, as words; empty where it is `element` or inside it.
  const cover = (element, x, y) => {
    const [left, top] = offset(element.ownerDocument.defaultView);
    const found = element.getRootNode().elementFromPoint(x - left, y - top);
    if (!found || found === element || element.contains(found) || found.contains(element)) return "";
    return found.localName + (found.id ? `#${found.id}` : "");
  };

  return { reveal, cells, box, scale, unpaint, repaint, cover };
})()
