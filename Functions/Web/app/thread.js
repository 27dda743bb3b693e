// The questions and answers of one conversation, as they stand on the page.

import { byId } from "./dom.js";
import { TurnView } from "./turn-view.js";

/** A conversation: its turns with their views. `id` is null until the server names it. */
export class Thread {
  constructor({ id = null, title = "", assistant = null, hanIsJapanese = false, onRetry, onEdit, onAgain, onFeedback, onDecide }) {
    Object.assign(this, { id, title, assistant, hanIsJapanese, onRetry, onEdit, onAgain, onFeedback, onDecide });
    this.replaces = null; // the answer whose question is being edited
    this.views = [];
    this.cursor = null;
    this.isLoaded = id === null;
  }

  get turns() { return this.views.map((view) => view.turn); }

  add(turn) {
    const view = new TurnView(turn, {
      onRetry: (again) => this.onRetry(this, again),
      onEdit: (again) => this.onEdit(this, again),
      onAgain: (again) => this.onAgain(this, again),
      onFeedback: (again, thumb) => this.onFeedback(this, again, thumb),
      onDecide: (asked, approve) => this.onDecide(this, asked, approve),
      hanIsJapanese: this.hanIsJapanese,
    });
    this.views.push(view);
    return view;
  }

  /** Shows a turn's next state. */
  update(turn) { this.views.find((view) => view.turn.id === turn.id)?.draw(turn); }

  remove(turn) { this.views = this.views.filter((view) => view.turn.id !== turn.id); }

  /** Takes away a turn and all after it. */
  cut(turn) {
    const place = this.views.findIndex((view) => view.turn.id === turn.id);
    if (place >= 0) this.views = this.views.slice(0, place);
  }

  /** Shows stored turns; `cursor` leads to older ones. */
  replace(turns, cursor) {
    this.views = [];
    turns.forEach((turn) => this.add(turn));
    this.cursor = cursor;
    this.isLoaded = true;
  }

  /** Puts older turns in front. */
  prepend(turns, cursor) {
    const present = this.views;
    this.replace(turns, cursor);
    this.views.push(...present);
  }
}

/**
 * The scrolled part of the page. It follows a growing answer as long as the reader is at the end;
 * who scrolled up is left in peace and gets a button.
 */
export class ThreadPane {
  constructor() {
    this.scroller = byId("scroller");
    this.list = byId("thread");
    this.follows = true;
    this.lastTop = 0;
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    byId("to-latest").addEventListener("click", () => this.toEnd(true));
    // Heights change late: fonts arrive, a phone shows its keyboard or is turned.
    this.observer = new ResizeObserver(() => { if (this.follows && this.list.hasChildNodes()) this.toEnd(); });
    this.observer.observe(this.list);
    this.observer.observe(this.scroller);
  }

  show(thread) {
    this.list.replaceChildren(...thread.views.map((view) => view.root));
    byId("older-turns").hidden = !thread.cursor;
    if (thread.views.length) this.toEnd();
    else this.scroller.scrollTop = 0;
  }

  /** Shows turns that were put in front, and keeps what is read where it is. */
  extend(thread) {
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.follows = false;
    this.list.replaceChildren(...thread.views.map((view) => view.root));
    byId("older-turns").hidden = !thread.cursor;
    this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
  }

  append(view) {
    this.list.append(view.root);
    this.toEnd();
  }

  scrolled() {
    const left = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight;
    // A growing answer fires this too, at a place that is no longer the end: only going up lets go.
    const isGoingUp = this.scroller.scrollTop < this.lastTop;
    this.lastTop = this.scroller.scrollTop;
    if (left < 48) this.follows = true;
    else if (isGoingUp) this.follows = false;
    byId("to-latest").hidden = this.follows || !this.list.hasChildNodes();
  }

  toEnd(byHand = false) {
    this.follows = true;
    byId("to-latest").hidden = true;
    const calm = !byHand || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: calm ? "instant" : "smooth" });
  }

  close() {
    this.observer.disconnect();
    this.list.replaceChildren();
  }
}
