// Markdown from a model, which may have been misled, as safe document nodes.
//
// Three walls, each of which would do alone: HTML in the text is shown as text and pictures become
// their description, DOMPurify lets only the elements and attributes below pass, and link targets
// are checked once more as parsed URLs. The Content-Security-Policy stands behind them.

import { marked, Renderer } from "../vendor/marked.js";
import DOMPurify from "../vendor/purify.js";
import { markJapanese } from "./language.js";

// Debian's security update of DOMPurify (2.4.1+dfsg+~2.4.0-2+deb12u1) repeats its check for shadow
// trees inside `sanitize`, where `shadowNode` does not exist: it would throw for every text. The check
// that belongs there, on each node, stands below it and works.
globalThis.shadowNode ??= Object.freeze({ __depth: 0 });

/** Longer texts are shown as plain text: laying them out as Markdown would freeze the page. */
export const longestMarkdown = 200_000;

const allowedSchemes = new Set(["http:", "https:", "mailto:"]);

const allowed = {
  ALLOWED_TAGS: [
    "h3", "h4", "h5", "h6", "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote",
    "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a",
  ],
  ALLOWED_ATTR: ["href", "start", "align"],
  ADD_URI_SAFE_ATTR: ["start", "align"], // their values are no addresses
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  RETURN_DOM_FRAGMENT: true,
};

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text) => text.replace(/[&<>"']/g, (character) => escapes[character]);

/** What marked makes of each piece, where it differs from marked's own. */
class SafeRenderer extends Renderer {
  html(html) { return escaped(html); }
  image(_target, _title, description) { return description ? `[${escaped(plain(description))}]` : ""; }
  // The page's own headings end at level 2.
  heading(content, level) { const shown = Math.min(level + 2, 6); return `<h${shown}>${content}</h${shown}>\n`; }
  checkbox(isChecked) { return isChecked ? "☑ " : "☐ "; }
}

/** Undoes marked's own escaping of an image's description, so that it is escaped once. */
const plain = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) =>
  ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name]);

const options = { gfm: true, breaks: true, mangle: false, headerIds: false, renderer: new SafeRenderer() };

/** `text` as a document fragment without anything that runs or is fetched by itself. */
export function render(text, { hanIsJapanese = false } = {}) {
  const fragment = text.length > longestMarkdown ? asText(text) : parsed(text);
  for (const link of fragment.querySelectorAll("a")) secure(link);
  for (const table of fragment.querySelectorAll("table")) makeScrollable(table, "Table");
  for (const code of fragment.querySelectorAll("pre")) makeReachable(code, "Code");
  return markJapanese(fragment, hanIsJapanese);
}

function parsed(text) {
  let html;
  try {
    html = marked.parse(text, options);
  } catch {
    return asText(text); // nested deeper than the parser's stack; the words are still worth reading
  }
  return DOMPurify.sanitize(html, allowed);
}

function asText(text) {
  const fragment = document.createDocumentFragment();
  const paragraph = document.createElement("p");
  paragraph.className = "plain";
  paragraph.textContent = text;
  fragment.append(paragraph);
  return fragment;
}

/** The address when it may be followed, or null. */
export function safeAddress(text) {
  if (typeof text !== "string" || !URL.canParse(text)) return null;
  const address = new URL(text);
  return allowedSchemes.has(address.protocol) ? address : null;
}

function secure(link) {
  const address = safeAddress(link.getAttribute("href"));
  if (!address) {
    link.replaceWith(...link.childNodes);
    return;
  }
  link.rel = "noopener noreferrer nofollow";
  link.target = "_blank";
  link.title = address.href; // where it really leads, whatever its text says
}

function makeScrollable(table, name) {
  const frame = document.createElement("div");
  frame.className = "scrollable";
  makeReachable(frame, name);
  table.replaceWith(frame);
  frame.append(table);
}

/** What scrolls sideways must be reachable with the keyboard (WCAG 2.1.1). */
function makeReachable(box, name) {
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", name);
}
