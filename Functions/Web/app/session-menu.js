// How the session of the conversation stands, and what its person can do about that.

import { announce, byId, element } from "./dom.js";

const words = { open: "Session open", escalated: "Waiting for a person", closed: "Session closed" };
const said = {
  open: "The assistant goes on.", escalated: "A person was asked for.", closed: "The session is closed. Your next question begins another one.",
};
const wishes = [
  { status: "escalated", text: "Ask for a person", from: ["open", "closed"] },
  { status: "open", text: "Go on with the assistant", from: ["escalated", "closed"] },
  { status: "closed", text: "Close this session", from: ["open", "escalated"] },
];

export class SessionMenu {
  constructor({ onFailure }) {
    this.onFailure = onFailure;
    this.thread = null;
    byId("session-menu").addEventListener("toggle", (event) => { if (event.newState === "open") this.load(); });
  }

  /** The conversation that is shown, with the API that its person may use. */
  show(thread, api) {
    Object.assign(this, { thread, api });
    this.draw();
  }

  /** An answer has come to its end: it says how the session stands when that has changed. */
  heard(frame) {
    const { thread } = this;
    if (frame.type !== "complete" || !thread || frame.conversationId !== thread.id) return;
    const begins = !thread.session || thread.session.status === "closed";
    const status = typeof frame.session === "string" ? frame.session : frame.session?.status ?? (begins ? "open" : thread.session.status);
    thread.session = { ...thread.session, status };
    if (begins) thread.session.number = undefined;
    this.draw();
  }

  draw() {
    const session = this.thread?.session;
    byId("session").hidden = !session;
    if (!session) return byId("session-menu").hidePopover?.();
    byId("session").dataset.state = session.status;
    byId("session-state").textContent = words[session.status] ?? session.status;
    const facts = session.turns === undefined ? [] : [
      ["Questions", session.turns], ["Tokens", (session.usage?.inputTokens ?? 0) + (session.usage?.outputTokens ?? 0)],
      ["Began", new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(session.startedAt))],
    ];
    byId("session-facts").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]));
    byId("session-actions").replaceChildren(...wishes.filter(({ from }) => from.includes(session.status)).map(({ status, text }) =>
      element("button", { type: "button", className: "quiet", "data-status": status, onclick: () => this.set(status) }, text)));
    return undefined;
  }

  async load() {
    const { thread, api } = this;
    if (!thread?.id) return;
    await this.attempt(async () => {
      const [newest] = await api.sessions(thread.id);
      if (newest) thread.session = newest;
      if (this.thread === thread) this.draw();
    });
  }

  async set(status) {
    const { thread, api } = this;
    await this.attempt(async () => {
      if (thread.session.number === undefined) [thread.session] = await api.sessions(thread.id);
      thread.session = await api.setSession(thread.id, thread.session.number, status);
      byId("session-menu").hidePopover();
      if (this.thread === thread) this.draw();
      byId("session").focus();
      announce(said[status]);
    });
  }

  async attempt(body) {
    try {
      await body();
    } catch (failure) {
      byId("session-menu").hidePopover();
      this.onFailure(failure);
    }
  }
}
