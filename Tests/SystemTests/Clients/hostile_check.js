// The body of an async function, run inside the page by page_test.py with CASES filled in: renders
// every hostile answer whole and cut in pieces, and looks for anything that runs or is fetched.
const { render } = await import("/app/markdown.js");
const elements = new Set("H3 H4 H5 H6 P BR HR STRONG EM DEL CODE PRE BLOCKQUOTE UL OL LI TABLE THEAD TBODY TR TH TD A DIV SPAN".split(" "));
const attributes = {
  "*": ["lang"], A: ["href", "rel", "target", "title"], OL: ["start"], TH: ["align"], TD: ["align"],
  DIV: ["class", "tabindex", "role", "aria-label"], PRE: ["tabindex", "role", "aria-label"], P: ["class"],
};
const problems = [];

function check(text, place) {
  const holder = document.createElement("div");
  holder.append(render(text));
  document.body.append(holder);
  for (const node of holder.querySelectorAll("*")) {
    if (!elements.has(node.tagName)) problems.push(`${place}: <${node.tagName}> from ${text}`);
    const names = [...attributes["*"], ...(attributes[node.tagName] ?? [])];
    for (const { name, value } of node.attributes) {
      if (!names.includes(name)) problems.push(`${place}: ${name}="${value}" from ${text}`);
    }
    if (node.tagName === "A" && !/^(https?|mailto):/.test(node.href)) problems.push(`${place}: link to ${node.href}`);
    if (node.tagName === "A" && node.rel !== "noopener noreferrer nofollow") problems.push(`${place}: rel of ${node.href}`);
  }
  holder.remove();
  return holder;
}

globalThis.alert = () => problems.push("alert was called");
for (const { text, mustNotContain } of CASES) {
  const holder = check(text, "whole");
  for (const forbidden of mustNotContain) {
    // A tag must not stand in the markup; the address of a picture must not stand anywhere.
    const isMarkup = forbidden.startsWith("<") || text.startsWith("!");
    if (isMarkup && holder.innerHTML.includes(forbidden)) problems.push(`${forbidden} from ${text}`);
  }
  // A stream shows every beginning of an answer.
  for (let end = 1; end < text.length; end += 1) check(text.slice(0, end), `cut at ${end}`);
}

const readable = check("1 < 2 && 3 > 2", "readable").textContent.trim();
if (readable !== "1 < 2 && 3 > 2") problems.push(`not readable: ${readable}`);
const rich = check("## T\n\n**b** `c` [l](https://example.com)\n\n| a | b |\n|--|-:|\n| 1 | 2 |\n\n```\n<x>\n```\n\n3. d", "rich");
for (const selector of ["h4", "strong", "p code", "a[href='https://example.com']", "table td[align=right]", "pre code", "ol[start='3'] li"]) {
  if (!rich.querySelector(selector)) problems.push(`Markdown lost ${selector}: ${rich.innerHTML}`);
}
const japanese = check("食べる means *to eat*", "language").querySelector("[lang=ja]")?.textContent;
if (japanese !== "食べる") problems.push(`Japanese is marked as ${japanese}`);
const deep = check(">".repeat(20_000) + " x", "deep");
if (!deep.textContent.includes("x")) problems.push("deep nesting loses the text");
return problems;
