// How a turn looks. The view is made once; `draw` brings it up to date and touches only what changed.

import { element, icon, settle } from "./dom.js";
import { markJapanese } from "./language.js";
import { render, safeAddress } from "./markdown.js";
import { ended } from "./turn.js";

/** Codes after which sending the same text again cannot help. */
const notRepeatable = new Set(["message_empty", "message_too_long", "bad_frame"]);

export class TurnView {
  /** `onRetry(turn)` sends the question again, `onEdit(turn)` puts it back into the message box,
   * `onAgain(turn)` asks for another answer, `onFeedback(turn, thumb)` keeps what the reader thinks,
   * `onDecide(turn, approve)` answers what the turn asks to confirm. */
  constructor(turn, { onRetry, onEdit, onAgain, onFeedback, onDecide, hanIsJapanese }) {
    Object.assign(this, { turn, onRetry, onEdit, onAgain, onFeedback, onDecide, hanIsJapanese });
    this.steps = element("ul", { className: "steps", "aria-label": "What was looked up" });
    this.words = element("div", { className: "markdown" });
    this.sources = element("div", { className: "sources" });
    this.decision = element("div", { className: "decision", hidden: true });
    this.problem = element("div", { className: "turn-problem" });
    this.actions = element("div", { className: "actions" });
    this.body = element("div", { className: "answer-body" },
      element("h3", { className: "visually-hidden" }, "Answer"),
      this.steps, this.words, this.decision, this.sources, this.problem, this.actions);
    const mark = element("span", { className: "mark", "aria-hidden": "true" }, icon("bird"));
    this.root = element("li", { className: "turn" },
      turn.question ? this.question() : null,
      element("div", { className: "answer" }, mark, this.body));
    this.draw(turn);
  }

  question() {
    const words = element("p", {}, this.turn.question);
    return element("div", { className: "question" },
      element("h3", { className: "visually-hidden" }, "You asked"), markJapanese(words, this.hanIsJapanese));
  }

  draw(turn) {
    const before = this.turn;
    this.turn = turn;
    this.root.dataset.state = turn.state;
    this.body.setAttribute("aria-busy", String(!ended.has(turn.state)));
    if (before.answer !== turn.answer || !this.words.hasChildNodes()) this.drawWords();
    settle(this.steps, fragment(turn.steps.map(step)));
    this.steps.hidden = turn.steps.length === 0;
    settle(this.sources, fragment(turn.sources.length ? [sources(turn.sources, this.hanIsJapanese)] : []));
    if (before.state !== turn.state || before.feedback !== turn.feedback || before === turn) this.drawEnd();
    if (before.confirmation !== turn.confirmation || before === turn) this.drawDecision();
  }

  drawWords() {
    const { answer, state } = this.turn;
    this.words.classList.toggle("thinking", !answer && !ended.has(state));
    if (answer) settle(this.words, render(answer, { hanIsJapanese: this.hanIsJapanese }));
    else settle(this.words, fragment(ended.has(state) ? [] : [thinking()]));
  }

  drawEnd() {
    const { state, problem, answer } = this.turn;
    if (ended.has(state) && !answer) this.drawWords();
    this.problem.replaceChildren(...(state === "failed" ? this.failure(problem) : []));
    this.problem.hidden = state !== "failed";
    const buttons = [];
    if (answer && ended.has(state)) buttons.push(copyButton(() => this.turn.answer));
    if (answer && ended.has(state) && this.turn.messageId) buttons.push(...this.afterwards());
    if (this.turn.note) buttons.push(element("span", { className: "fine" }, this.turn.note));
    if (state === "stopped") buttons.push(this.retryButton());
    this.actions.replaceChildren(...buttons);
  }

  /** Two buttons, as long as the answer is open and the question stands. */
  drawDecision() {
    const asked = this.turn.confirmation;
    clearTimeout(this.expiry);
    const left = asked ? asked.until - Date.now() : 0;
    this.decision.hidden = !asked || asked.isAnswered || left <= 0;
    if (this.decision.hidden) {
      this.decision.replaceChildren();
      return;
    }
    const button = (label, className, approve) => element("button", {
      type: "button", className, "aria-label": `${label}: ${asked.summaries.join("; ")}`,
      onclick: () => this.onDecide(this.turn, approve),
    }, label);
    this.decision.setAttribute("role", "group");
    this.decision.setAttribute("aria-label", "Please confirm");
    this.decision.replaceChildren(button("Yes, do it", "primary approve", true), button("No", "quiet refuse", false));
    this.expiry = setTimeout(() => this.drawDecision(), Math.min(left, 2 ** 31 - 1));
  }

  /** What can be done with an answer that is stored. */
  afterwards() {
    const again = element("button", { type: "button", className: "quiet again", onclick: () => this.onAgain(this.turn) },
      icon("retry"), element("span", {}, "Ask again"));
    const edit = element("button", { type: "button", className: "quiet edit", onclick: () => this.onEdit(this.turn) },
      icon("pencil"), element("span", {}, "Edit question"));
    const thumbs = ["up", "down"].map((thumb) => {
      const isChosen = this.turn.feedback === thumb;
      return element("button", {
        type: "button", className: `quiet thumb ${thumb}`, "aria-pressed": String(isChosen),
        "aria-label": thumb === "up" ? "Good answer" : "Bad answer",
        onclick: () => this.onFeedback(this.turn, isChosen ? null : thumb),
      }, icon(`thumb-${thumb}`));
    });
    return [again, edit, ...thumbs];
  }

  failure(problem) {
    const text = element("p", {}, icon("alert"), element("span", {}, problem?.message ?? "This question was not answered."));
    if (notRepeatable.has(problem?.code)) {
      return [text, element("button", { type: "button", className: "quiet", onclick: () => this.onEdit(this.turn) }, "Edit the message")];
    }
    return [text, this.retryButton(problem?.retryAfter)];
  }

  /** Sends the question again, after `seconds` when the server asked for patience. */
  retryButton(seconds = null) {
    const label = element("span", {}, "Try again");
    const button = element("button", { type: "button", className: "quiet retry", onclick: () => this.onRetry(this.turn) },
      icon("retry"), label);
    if (seconds) {
      button.disabled = true;
      const until = Date.now() + seconds * 1000;
      const timer = setInterval(() => {
        const left = Math.ceil((until - Date.now()) / 1000);
        button.disabled = left > 0;
        label.textContent = left > 0 ? `Try again in ${left} s` : "Try again";
        if (left <= 0 || !button.isConnected) clearInterval(timer);
      }, 250);
    }
    return button;
  }
}

function fragment(nodes) {
  const made = document.createDocumentFragment();
  made.append(...nodes);
  return made;
}

const thinking = () => element("p", { className: "wait" },
  element("span", { className: "visually-hidden" }, "The answer is on its way."),
  ...[1, 2, 3].map(() => element("span", { className: "beat", "aria-hidden": "true" })));

/** `search_words {"query":"食べる"}` as “search words · 食べる”. */
function step({ name, values, state, result }) {
  const shown = values && typeof values === "object" ? Object.values(values).filter((value) => typeof value !== "object") : [];
  const picture = { done: "check", failed: "alert", waiting: "pencil" }[state];
  const mark = picture ? icon(picture) : element("span", { className: "spinner", "aria-hidden": "true" });
  const words = element("span", {}, name.replaceAll("_", " "));
  if (shown.length) words.append(" · ", markJapanese(element("b", {}, shown.join(", ")), true));
  if (typeof result === "string" && result) words.append(element("span", { className: "step-result" }, ` — ${result}`));
  const said = { done: "done", failed: "failed", running: "running", waiting: "waits for your yes" }[state];
  return element("li", { className: `step ${state}` }, mark, words, element("span", { className: "visually-hidden" }, `, ${said}`));
}

function sources(list, hanIsJapanese) {
  const items = list.map((source, place) => {
    const facts = typeof source === "string" ? { source } : source;
    const name = String(facts.title ?? facts.source ?? facts.id ?? "Source");
    const content = [
      element("span", { className: "number", "aria-hidden": "true" }, String(place + 1)),
      markJapanese(element("span", { className: "source-name" }, name), hanIsJapanese),
    ];
    const where = placeOf(facts, name);
    if (where) content.push(element("span", { className: "fine" }, where));
    const address = safeAddress(facts.url ?? facts.source);
    const linked = address
      ? element("a", { className: "source", href: address.href, target: "_blank", rel: "noopener noreferrer nofollow", title: address.href }, ...content)
      : element("span", { className: "source", title: String(facts.source ?? name) }, ...content);
    return element("li", {}, linked);
  });
  return element("section", { "aria-label": "Sources" }, element("h4", {}, "Sources"), element("ul", {}, ...items));
}

/** `japanese/word/食べる` beside the name 食べる is “japanese word”. */
function placeOf({ source, type }, name) {
  if (typeof source === "string" && source.includes("/") && !source.includes(":")) {
    return source.split("/").filter((part) => part && part !== name).slice(0, 2).join(" ");
  }
  return typeof type === "string" ? type : "";
}

function copyButton(text) {
  const label = element("span", {}, "Copy");
  return element("button", {
    type: "button", className: "quiet copy",
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text());
        label.textContent = "Copied";
      } catch {
        label.textContent = "Could not copy";
      }
      setTimeout(() => { label.textContent = "Copy"; }, 2_000);
    },
  }, icon("copy"), label);
}
