// The list of conversations, a column on a desk and a drawer on a phone.

import { byId, element } from "./dom.js";
import { markJapanese } from "./language.js";

const phone = matchMedia("(max-width: 760px)");

export class Sidebar {
  /** `onOpen(conversation)` gets the one chosen, `onNew()` is the button, `onMore(cursor)` loads older ones. */
  constructor({ onOpen, onNew, onMore, onSignOut }) {
    this.onOpen = onOpen;
    this.conversations = [];
    this.cursor = null;
    this.current = null;
    byId("new-conversation").addEventListener("click", () => { this.hide(); onNew(); });
    byId("more-conversations").addEventListener("click", () => onMore(this.cursor));
    byId("sign-out").addEventListener("click", onSignOut);
    byId("open-sidebar").addEventListener("click", () => this.show());
    byId("close-sidebar").addEventListener("click", () => this.hide(true));
    byId("scrim").addEventListener("click", () => this.hide(true));
    byId("sidebar").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && phone.matches) this.hide(true);
    });
    phone.addEventListener("change", () => this.hide());
    this.hide();
  }

  show() {
    byId("sidebar").classList.add("shown");
    byId("sidebar").inert = false;
    byId("main").inert = true;
    byId("scrim").hidden = false;
    byId("open-sidebar").setAttribute("aria-expanded", "true");
    byId("close-sidebar").focus();
  }

  hide(returnsFocus = false) {
    byId("sidebar").classList.remove("shown");
    byId("sidebar").inert = phone.matches;
    byId("main").inert = false;
    byId("scrim").hidden = true;
    byId("open-sidebar").setAttribute("aria-expanded", "false");
    if (returnsFocus) byId("open-sidebar").focus();
  }

  /** Shows a page of conversations; older pages are added, the newest replaces all. */
  set({ conversations, cursor }, isOlder = false) {
    const known = isOlder ? this.conversations : [];
    const ids = new Set(known.map(({ id }) => id));
    this.conversations = [...known, ...conversations.filter(({ id }) => id && !ids.has(id))];
    this.cursor = cursor;
    this.draw();
  }

  /** Puts a conversation that got a turn just now at the top. */
  touch(id, title) {
    const known = this.conversations.find((conversation) => conversation.id === id);
    const others = this.conversations.filter((conversation) => conversation.id !== id);
    this.conversations = [{ title, ...known, id, updatedAt: new Date().toISOString() }, ...others];
    this.draw();
  }

  select(id) {
    this.current = id;
    this.draw();
  }

  note(text) {
    byId("conversations-note").textContent = text;
    byId("conversations-note").hidden = !text;
  }

  draw() {
    const focused = document.activeElement?.dataset?.conversation;
    byId("conversations").replaceChildren(...this.conversations.map((conversation) => this.entry(conversation)));
    byId("more-conversations").hidden = !this.cursor;
    if (focused) byId("conversations").querySelector(`[data-conversation="${CSS.escape(focused)}"]`)?.focus();
  }

  entry(conversation) {
    const isCurrent = conversation.id === this.current;
    const title = element("span", { className: "conversation-title" }, titleOf(conversation));
    const button = element("button", {
      type: "button", className: "conversation", "aria-current": isCurrent ? "true" : undefined,
      "data-conversation": conversation.id,
      onclick: () => { this.hide(); this.onOpen(conversation); },
    }, markJapanese(title), element("span", { className: "fine" }, whenOf(conversation.updatedAt ?? conversation.createdAt)));
    return element("li", {}, button);
  }
}

/** What a conversation is called until it has a title. */
export const titleOf = ({ title }) => (typeof title === "string" && title.trim() ? title : "Untitled conversation");

/** A moment in few words: the time today, the date before. */
function whenOf(text) {
  const moment = new Date(text);
  if (!text || Number.isNaN(moment.getTime())) return "";
  const isToday = moment.toDateString() === new Date().toDateString();
  const parts = isToday ? { hour: "numeric", minute: "2-digit" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(undefined, parts).format(moment);
}
