// The message box: grows with its text, keeps a draft for each conversation, sends with Enter.

import { byId } from "./dom.js";

/** Characters a message may have, as the backend counts them. */
export const longestMessage = 4_000;

const drafts = {
  key: (conversationID) => `martlet.draft.${conversationID ?? "new"}`,
  get(conversationID) { try { return sessionStorage.getItem(this.key(conversationID)) ?? ""; } catch { return ""; } },
  set(conversationID, text) {
    try {
      if (text) sessionStorage.setItem(this.key(conversationID), text);
      else sessionStorage.removeItem(this.key(conversationID));
    } catch { /* without storage a draft lives as long as the page */ }
  },
};

export class Composer {
  /** `onSend(text)` gets the message; `onStop()` is the stop button and Escape. */
  constructor({ onSend, onStop }) {
    Object.assign(this, { onSend, onStop });
    this.form = byId("composer");
    this.box = byId("message");
    this.conversationID = null;
    this.isAnswering = false;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.box.addEventListener("input", () => this.changed());
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    byId("stop").addEventListener("click", () => this.onStop());
  }

  /** Shows the draft of a conversation (null: the one not begun yet). */
  open(conversationID) {
    this.conversationID = conversationID;
    this.box.value = drafts.get(conversationID);
    this.changed();
  }

  /** Puts text into the box, for editing a message that was refused. */
  fill(text) {
    this.box.value = text;
    this.changed();
    this.box.focus();
  }

  /** While an answer comes in, its stop button stands where the send button was. */
  set answering(isAnswering) {
    if (this.isAnswering === isAnswering) return;
    this.isAnswering = isAnswering;
    const hadFocus = document.activeElement === byId("stop");
    byId("stop").hidden = !isAnswering;
    byId("send").hidden = isAnswering;
    if (hadFocus) this.box.focus();
  }

  focus() { this.box.focus(); }

  changed() {
    drafts.set(this.conversationID, this.box.value);
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, innerHeight * 0.4)}px`;
    const length = [...this.box.value].length;
    const note = byId("composer-count");
    note.classList.toggle("problem", length > longestMessage);
    note.textContent = length > longestMessage * 0.9 ? `${length} of ${longestMessage} characters` : "";
    byId("send").disabled = !this.box.value.trim() || length > longestMessage;
  }

  pressed(event) {
    // An Enter that ends the conversion of kana belongs to the input method. Safari reports it after
    // the composition, with key code 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape" && this.isAnswering) this.onStop();
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.box.value.trim();
    if (this.isAnswering || byId("send").disabled || !text) return;
    this.box.value = "";
    this.changed();
    this.onSend(text);
  }
}
