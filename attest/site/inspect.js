// What the renderer asks of a page, run apart from the page's own scripts: where characters stand, and the same page
// with some text unpainted. Each frame is asked by itself; coordinates are CSS pixels of its own window.
(() => {
  const SPACES = " \t\n\r\f";
  const SCROLLS = new Set(["auto", "scroll", "overlay"]);
  const LEAST_SCROLLER = 24;
  const FIRST_LETTER = 3;  // with punctuation around it
  const UNPAINTED = [
    ["color", "transparent"], ["-webkit-text-fill-color", "transparent"], ["text-shadow", "none"],
    ["-webkit-text-stroke-color", "transparent"], ["text-decoration-color", "transparent"], ["fill", "transparent"],
    ["stroke", "transparent"], ["caret-color", "transparent"],
  ];
  const STILL = [["transition", "none"]];
  const INHERITED = ["color", "-webkit-text-fill-color", "text-shadow", "-webkit-text-stroke-color", "fill", "stroke"];
  const MARK = "data-filing-attest";
  const DIALOGS = "dialog, [role=dialog], [role=alertdialog], [aria-modal=true]";
  const BUTTONS = "button, [role=button], a:not([href]), a[href^='#'], a[href^='javascript:'], [class*=close i]";
  const CLOSE = new RegExp(
    "^(?:[×✕✖x]|(?:关闭|關閉|同意|接受).{0,4}|我?知道[了啦]?|[确確]定|(?:close|accept|agree).{0,12}|dismiss|ok|got it)$", "i");
  let undo = [];
  let dialog = null;

  const around = (element) => element.assignedSlot || element.parentElement || (element.getRootNode().host ?? null);

  const rect = (box) => [box.left, box.top, box.width, box.height];

  // The boxes of the characters `first` to `end` of a text node, not counting the white space that CSS collapses, nor
  // what is drawn apart as `::first-letter`.
  const cells = (node, first, end, count) => {
    const at = [];
    let place = 0;
    for (const character of node.data) {
      if (!SPACES.includes(character)) at.push([place, place + character.length]);
      place += character.length;
    }
    const apart = at.length - count;
    if (apart < 0 || apart > FIRST_LETTER) return null;
    const range = node.ownerDocument.createRange();
    return at.slice(apart + first, apart + end).map(([from, to]) => {
      range.setStart(node, from);
      range.setEnd(node, to);
      return rect(range.getBoundingClientRect());
    });
  };

  const box = (element) => rect(element.getBoundingClientRect());

  // Bring an element, or the characters `text` (as for `cells`) of it, into view; scroll only what a reader can scroll.
  // How far a finger has still to move a window that shows a part of a wider page, which scripts cannot: right, down.
  const reveal = (element, ...text) => {
    const place = () => {
      const boxes = (text.length && cells(...text)) || [box(element)];
      const [left, top] = [0, 1].map((axis) => Math.min(...boxes.map((each) => each[axis])));
      const [right, bottom] = [0, 1].map((axis) => Math.max(...boxes.map((each) => each[axis] + each[axis + 2])));
      return { left, top, width: right - left, height: bottom - top };
    };
    const view = element.ownerDocument.defaultView;
    const [root, body] = [element.ownerDocument.documentElement, element.ownerDocument.body];
    for (let outer = element; outer; outer = around(outer)) {
      if (outer === root || outer === body) continue;
      const style = view.getComputedStyle(outer);
      const [found, edge] = [place(), outer.getBoundingClientRect()];
      const scrolls = (way, content, port) => SCROLLS.has(style[way]) && content > port && port >= LEAST_SCROLLER;
      if (scrolls("overflowY", outer.scrollHeight, outer.clientHeight))
        outer.scrollTop += found.top + found.height / 2 - edge.top - outer.clientHeight / 2;
      if (scrolls("overflowX", outer.scrollWidth, outer.clientWidth))
        outer.scrollLeft += found.left + found.width / 2 - edge.left - outer.clientWidth / 2;
    }
    if (view.frameElement?.getAttribute("scrolling")?.toLowerCase() === "no") return [0, 0];
    const cut = (axis) => {
      const own = view.getComputedStyle(root)[axis];
      const page = own === "visible" && body ? view.getComputedStyle(body)[axis] : own;
      return page === "hidden" || page === "clip";
    };
    const [found, port] = [place(), view.visualViewport];
    const to = (start, size, window) => start + Math.min(size, window) / 2 - window / 2;
    const rest = (start, size, window) =>
      start < 0 || start + Math.min(size, window) > window ? to(start, size, window) : 0;
    const [across, down] = [!cut("overflowX"), !cut("overflowY")];
    view.scrollBy({
      left: across ? to(found.left, found.width, port.width) : 0,
      top: down ? to(found.top, found.height, port.height) : 0,
      behavior: "instant",
    });
    const moved = place();
    return [
      across ? rest(moved.left - port.offsetLeft, moved.width, port.width) : 0,
      down ? rest(moved.top - port.offsetTop, moved.height, port.height) : 0,
    ];
  };

  // Where the window inside a frame's element begins.
  const inside = (frame) => {
    const box = frame.getBoundingClientRect();
    const style = frame.ownerDocument.defaultView.getComputedStyle(frame);
    return [box.left + frame.clientLeft + parseFloat(style.paddingLeft),
            box.top + frame.clientTop + parseFloat(style.paddingTop)];
  };

  // How much larger an element is painted than it is laid out.
  const scale = (element) => {
    for (let outer = element; outer; outer = around(outer))
      if (outer.offsetWidth > 0 && outer.offsetHeight > 0) {
        const painted = outer.getBoundingClientRect();
        const fit = (width, height) => Math.min(painted.width / width, painted.height / height);
        const [width, height] = [outer.offsetWidth, outer.offsetHeight];
        return Math.max(fit(width, height), fit(height, width)) || 1;  // it may be turned by a right angle
      }
    return 1;
  };

  const set = (element, name, value) => {
    const style = element.style;
    const before = [style.getPropertyValue(name), style.getPropertyPriority(name)];
    undo.push(() => style.setProperty(name, ...before));
    style.setProperty(name, value, "important");
  };

  // Set styles of what a sheet draws in an element that is marked.
  const setDrawn = (element, styles) => {
    const added = new element.ownerDocument.defaultView.CSSStyleSheet();
    const mark = `[${MARK}]`.repeat(8);
    const rules = styles.map(([name, value]) => `${name}:${value} !important`).join(";");
    added.replaceSync(["before", "after", "marker", "first-letter", "first-line", "placeholder"]
      .map((pseudo) => `${mark}::${pseudo}{${rules}}`).join(""));
    const root = element.getRootNode();
    const scope = root.adoptedStyleSheets ? root : element.ownerDocument;
    scope.adoptedStyleSheets = [...scope.adoptedStyleSheets, added];
    undo.push(() => (scope.adoptedStyleSheets = scope.adoptedStyleSheets.filter((each) => each !== added)));
  };

  // Take the paint off the own text of `element`, and off nothing else. Transitions go first and come back last, when
  // all else is as it was: the paint would come back slowly.
  const unpaint = (given) => {
    let element = given;
    while (!element.style) element = element.parentElement;  // of no language that has styles
    const view = element.ownerDocument.defaultView;
    const inner = [...element.children].filter((child) => !child.hasAttribute(MARK) && child.style);
    const kept = inner.map((child) => INHERITED.map((name) => view.getComputedStyle(child).getPropertyValue(name)));
    const behind = view.getComputedStyle(element);
    const clipped = behind.backgroundClip.includes("text") || behind.webkitBackgroundClip.includes("text");
    element.setAttribute(MARK, "");
    undo.push(() => element.removeAttribute(MARK));
    for (const each of [element, ...inner]) for (const style of STILL) set(each, ...style);
    setDrawn(element, STILL);
    undo.push(() => behind.color);  // to be asked for it, the browser computes the styles as they are then
    for (const [name, value] of UNPAINTED) set(element, name, value);
    setDrawn(element, UNPAINTED);
    if (clipped) set(element, "background-image", "none");
    if (clipped) set(element, "background-color", "transparent");
    inner.forEach((child, at) => INHERITED.forEach((name, which) => set(child, name, kept[at][which])));
  };

  const repaint = () => {
    for (const step of undo.reverse()) step();
    undo = [];
  };

  // What stands in front of a point, as words, and whether that is a dialog, which is remembered; empty words where it
  // is `element` or inside it.
  const cover = (element, x, y) => {
    const found = element.getRootNode().elementFromPoint(x, y);
    if (!found || found === element || element.contains(found) || found.contains(element)) return ["", false];
    let front = null;
    for (let outer = found; outer; outer = around(outer))
      if (outer.matches(DIALOGS) || getComputedStyle(outer).position === "fixed") front = outer;
    dialog = front ?? dialog;
    return [found.localName + (found.id ? `#${found.id}` : ""), front !== null];
  };

  const closes = (button) =>
    /\bclose\b/i.test(button.className) ||
    [button.getAttribute("aria-label"), button.title, button.innerText].some((words) => CLOSE.test(words?.trim() ?? ""));

  // Press the button by which a reader would close the dialog that was in front.
  const close = () => {
    const places = [dialog, ...dialog.ownerDocument.querySelectorAll(DIALOGS)];
    places.flatMap((place) => [...place.querySelectorAll(BUTTONS)]).find(closes)?.click();
  };

  const isOpen = () => dialog.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  const moves = () => document.getAnimations().length > 0;

  // Whether something moves now that will come to rest by itself.
  const settles = () => document.getAnimations().some((each) =>
    each.playState === "running" && each.timeline === document.timeline &&
    Number.isFinite(each.effect?.getComputedTiming().endTime));

  return { reveal, cells, box, inside, scale, unpaint, repaint, cover, close, isOpen, moves, settles };
})()
