// The list of conversations, a column on a desk and a drawer on a phone.

import { byId, element, icon } from "./dom.js";
import { markJapanese } from "./language.js";

const phone = matchMedia("(max-width: 760px)");

export class Sidebar {
  /** `onOpen(conversation)` gets the one chosen, `onNew()` is the button, `onMore(cursor)` loads older ones. */
  constructor({ onOpen, onNew, onMore, onRename, onDelete, onSearch, onSignOut }) {
    Object.assign(this, { onOpen, onRename, onDelete });
    this.found = null; // what a search has brought, in place of the list
    this.conversations = [];
    this.cursor = null;
    this.current = null;
    byId("new-conversation").addEventListener("click", () => { this.hide(); onNew(); });
    byId("more-conversations").addEventListener("click", () => onMore(this.cursor));
    this.searchAfterPause(onSearch);
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

  searchAfterPause(onSearch) {
    const box = byId("search");
    let timer = 0;
    const search = () => {
      clearTimeout(timer);
      onSearch(box.value.trim(), byId("by-meaning").checked ? "meaning" : "words");
    };
    byId("by-meaning").addEventListener("change", search);
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(search, box.value.trim() ? 300 : 0);
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") search();
      if (event.key === "ArrowDown") byId("conversations").querySelector(".conversation")?.focus();
      if (event.key !== "Escape" || !box.value) return;
      event.stopPropagation();
      box.value = "";
      search();
    });
  }

  /** Whether the search by meaning can be chosen. */
  offerMeaning(isAllowed) {
    byId("by-meaning-label").hidden = !isAllowed;
    if (!isAllowed) byId("by-meaning").checked = false;
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

  change(id, facts) {
    const changed = (list) => list?.map((conversation) => (conversation.id === id ? { ...conversation, ...facts } : conversation)) ?? null;
    this.conversations = changed(this.conversations);
    this.found = changed(this.found);
    this.draw();
  }

  take(id) {
    this.conversations = this.conversations.filter((conversation) => conversation.id !== id);
    this.found = this.found?.filter((conversation) => conversation.id !== id) ?? null;
    this.draw();
  }

  /** Shows these in place of the list; null shows the list. */
  showFound(found) {
    this.found = found;
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
    byId("conversations").replaceChildren(...(this.found ?? this.conversations).map((conversation) => this.entry(conversation)));
    byId("more-conversations").hidden = !this.cursor || this.found !== null;
    if (focused) byId("conversations").querySelector(`[data-conversation="${CSS.escape(focused)}"]`)?.focus();
  }

  entry(conversation) {
    const isCurrent = conversation.id === this.current;
    const title = element("span", { className: "conversation-title" }, titleOf(conversation));
    const excerpt = conversation.excerpt && conversation.excerpt !== titleOf(conversation)
      ? markJapanese(element("span", { className: "excerpt" }, conversation.excerpt)) : null;
    const button = element("button", {
      type: "button", className: "conversation", "aria-current": isCurrent ? "true" : undefined,
      "data-conversation": conversation.id,
      "aria-keyshortcuts": "F2 Delete",
      onclick: () => { this.hide(); this.onOpen(conversation); },
      onkeydown: (event) => {
        if (event.key === "F2") this.rename(conversation, button);
        else if (event.key === "Delete") this.confirm(conversation, button);
      },
    }, markJapanese(title), excerpt, element("span", { className: "fine" }, whenOf(conversation.updatedAt ?? conversation.createdAt)));
    // By keyboard these are F2 and Delete; only the open conversation's are in the order of Tab.
    const tabIndex = isCurrent ? 0 : -1;
    const named = (verb) => `${verb} ${titleOf(conversation)}`;
    return element("li", { className: "entry" }, button,
      element("button", { type: "button", className: "entry-button rename", tabIndex, "aria-label": named("Rename"), onclick: () => this.rename(conversation, button) }, icon("pencil")),
      element("button", { type: "button", className: "entry-button delete", tabIndex, "aria-label": named("Delete"), onclick: () => this.confirm(conversation, button) }, icon("trash")));
  }

  /** A box for the new title in place of the entry: Enter keeps it, Escape does not. */
  rename(conversation, button) {
    const box = element("input", { type: "text", className: "entry-title", maxLength: 255, value: titleOf(conversation), "aria-label": "New title" });
    let isDone = false;
    const end = (keeps) => {
      if (isDone) return;
      isDone = true;
      const title = box.value.trim();
      const isNew = keeps && title && title !== titleOf(conversation);
      this.draw();
      this.focus(conversation.id);
      if (isNew) this.onRename(conversation, title);
    };
    box.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") end(true);
      if (event.key !== "Escape") return;
      event.stopPropagation();
      end(false);
    });
    box.addEventListener("blur", () => end(true));
    button.parentElement.replaceChildren(box);
    box.select();
  }

  /** Asks before a conversation is deleted. */
  confirm(conversation, button) {
    const back = () => { this.draw(); this.focus(conversation.id); };
    const no = element("button", { type: "button", className: "quiet", onclick: back }, "Keep");
    const yes = element("button", { type: "button", className: "quiet danger", onclick: () => this.onDelete(conversation) }, "Delete");
    const row = element("div", { className: "entry-question", role: "group", "aria-label": `Delete ${titleOf(conversation)}?` },
      element("span", {}, "Delete it?"), no, yes);
    row.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      back();
    });
    button.parentElement.replaceChildren(row);
    yes.focus();
  }

  focus(id) { byId("conversations").querySelector(`[data-conversation="${CSS.escape(id)}"]`)?.focus(); }
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
