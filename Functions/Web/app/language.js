// Marks Japanese text with `lang="ja"`, so that Han characters get their Japanese shapes and screen
// readers change their voice.

const japanese = "\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Han}々〆ヶー";
const run = new RegExp(`[${japanese}]+(?:[\\u3000-\\u303f\\uff01-\\uff9f\\d\\s]*[${japanese}]+)*[。、！？」』）]*`, "gu");
const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

/**
 * The Japanese stretches of a text as `[start, end]` pairs. A stretch of Han characters alone could be
 * Chinese as well; it counts when `hanIsJapanese` says so or the text holds kana somewhere.
 */
export function japaneseRanges(text, hanIsJapanese = false) {
  if (!hanIsJapanese && !kana.test(text)) return [];
  return [...text.matchAll(run)].map((match) => [match.index, match.index + match[0].length]);
}

/** Wraps the Japanese stretches of all text below `root` in `<span lang="ja">`. */
export function markJapanese(root, hanIsJapanese = false) {
  const known = hanIsJapanese || kana.test(root.textContent);
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) wrap(text, japaneseRanges(text.data, known));
  return root;
}

function wrap(text, ranges) {
  const whole = text.data.trim();
  const only = ranges.length === 1 && text.data.slice(...ranges[0]).trim() === whole;
  const parent = text.parentElement;
  if (only && parent && parent.childNodes.length === 1 && parent.localName !== "div") {
    parent.lang = "ja";
    return;
  }
  for (const [start, end] of ranges.reverse()) {
    const middle = text.splitText(start);
    middle.splitText(end - start);
    const span = document.createElement("span");
    span.lang = "ja";
    middle.replaceWith(span);
    span.append(middle);
  }
}
