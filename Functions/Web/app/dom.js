// Small helpers around the document. Text is always set as text; nothing here parses HTML.

/** The element with this id; its absence is a mistake in index.html. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
}

/**
 * Makes an element. Properties starting with `on` are listeners, those with a dash and `role`
 * are attributes, the rest are DOM properties; undefined ones are left out.
 */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key.includes("-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** A picture from the symbols at the top of index.html, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * Makes the children of `parent` equal to `wanted`, leaving alone what is equal already: while an
 * answer grows, its finished paragraphs keep their selection and are not laid out again.
 */
export function settle(parent, wanted) {
  const nodes = [...wanted.childNodes];
  nodes.forEach((node, place) => {
    const present = parent.childNodes[place];
    if (!present) parent.append(node);
    else if (!present.isEqualNode(node)) present.replaceWith(node);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

let announcement = 0;

/** Has screen readers say `text` when they are done with what they are saying. */
export function announce(text) {
  const place = byId("announcer");
  place.textContent = "";
  clearTimeout(announcement);
  announcement = setTimeout(() => { place.textContent = text; }, 60);
}
