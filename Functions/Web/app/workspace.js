// The page of someone who is signed in: ties list, thread, message box and connection together.

import { Unauthorized } from "./api.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { announce, byId, element } from "./dom.js";
import { Flight } from "./flight.js";
import { japaneseRanges, markJapanese } from "./language.js";
import { PersonDialog } from "./person.js";
import { SessionMenu } from "./session-menu.js";
import { claims } from "./session.js";
import { Sidebar, titleOf } from "./sidebar.js";
import { Thread, ThreadPane } from "./thread.js";
import { ended, storedTurns } from "./turn.js";

const states = { connecting: "Connecting", open: "Connected", waiting: "Reconnecting", closed: "Signed out" };

// The listeners on fixed elements belong to these, which outlive a sign-out; `now` is who is signed in.
let now = null;
let parts = null;

function fixedParts() {
  parts ??= {
    sidebar: new Sidebar({
      onOpen: (conversation) => now?.openStored(conversation),
      onNew: () => now?.begin(),
      onMore: (cursor) => now?.loadConversations(cursor),
      onRename: (conversation, title) => now?.rename(conversation, title),
      onDelete: (conversation) => now?.remove(conversation),
      onSearch: (words, mode) => now?.search(words, mode),
      onSignOut: () => now?.onUnauthorized(""),
    }),
    person: new PersonDialog({
      onUnauthorized: () => now?.onUnauthorized("Your sign-in has expired. Please use a new token."),
      onSettings: ({ searchByMeaning }) => now?.sidebar.offerMeaning(searchByMeaning),
    }),
    session: new SessionMenu({ onFailure: (failure) => now?.failed(failure) }),
    composer: new Composer({ onSend: (text) => now?.ask(text), onStop: () => now?.stop() }),
  };
  byId("older-turns").onclick = () => now?.loadOlder();
  byId("assistant").onchange = () => now?.begin(byId("assistant").value);
  byId("reconnect").onclick = () => now?.connection?.check();
  return parts;
}

/** Han characters of an assistant that says so, or whose examples hold kana, are Japanese. */
function speaksJapanese(assistant) {
  const languages = Array.isArray(assistant?.languages) ? assistant.languages : [];
  return languages.includes("ja") || (assistant?.examples ?? []).some((text) => japaneseRanges(text).length > 0);
}

export class Workspace {
  constructor({ config, api, first, onUnauthorized }) {
    now = this;
    Object.assign(this, { config, api, onUnauthorized }, fixedParts());
    this.assistants = Array.isArray(config.assistants) ? config.assistants : [];
    this.pane = new ThreadPane();
    this.redraws = new Map();
    this.flight = new Flight({
      send: (frame) => this.connection?.send(frame) ?? false,
      load: (id) => this.api.messages(id),
      onChange: (thread, turn, before) => this.turned(thread, turn, before),
    });
    byId("user").textContent = claims(api.token).sub ?? "Signed in";
    byId("version").textContent = config.version ? `Martlet ${config.version}` : "";
    byId("assistant").replaceChildren(...this.assistants.map(({ id, title }) => element("option", { value: id }, title ?? id)));
    byId("assistant-label").hidden = this.assistants.length < 2;
    this.person.set(api);
    this.sidebar.set(first);
    this.noteEmptiness();
    this.openFromAddress();
  }

  // Conversations

  openFromAddress() {
    const id = new URLSearchParams(location.hash.slice(1)).get("conversation");
    const known = this.sidebar.conversations.find((conversation) => conversation.id === id);
    if (id) this.openStored(known ?? { id });
    else this.begin();
  }

  /** Shows an empty conversation with `assistant`, the first one by default. */
  begin(assistant = this.assistants[0]?.id ?? null) {
    this.show(this.newThread({ assistant }));
    this.composer.focus();
  }

  async openStored({ id, title, assistant }) {
    const underway = this.flight.entries.find((entry) => entry.thread.id === id)?.thread;
    const thread = underway ?? this.newThread({ id, title: titleOf({ title }), assistant: assistant ?? this.assistants[0]?.id ?? null });
    this.show(thread);
    this.composer.focus();
    if (!thread.isLoaded) await this.load(thread);
  }

  async load(thread) {
    byId("loading").hidden = false;
    try {
      const { messages, cursor, session } = await this.api.messages(thread.id);
      thread.replace(storedTurns(messages), cursor);
      thread.session = session;
      if (this.thread === thread) {
        this.pane.show(thread);
        this.session.show(thread, this.api);
      }
    } catch (failure) {
      if (failure instanceof Unauthorized) this.onUnauthorized("Your sign-in has expired. Please use a new token.");
      else if (this.thread === thread) {
        this.begin();
        announce(failure.status === 404 ? "This conversation no longer exists." : failure.message);
        this.sidebar.note(failure.status === 404 ? "That conversation no longer exists." : failure.message);
      }
    } finally {
      if (this.thread === thread || !this.thread) byId("loading").hidden = true;
    }
  }

  async loadOlder() {
    const { thread } = this;
    if (!thread?.cursor) return;
    byId("older-turns").disabled = true;
    try {
      const { messages, cursor } = await this.api.messages(thread.id, thread.cursor);
      thread.prepend(storedTurns(messages), cursor);
      if (this.thread === thread) this.pane.extend(thread);
    } catch (failure) {
      this.failed(failure);
    } finally {
      byId("older-turns").disabled = false;
    }
  }

  /** Says that something could not be loaded; without a valid token, asks for another. */
  failed(failure) {
    if (failure instanceof Unauthorized) this.onUnauthorized("Your sign-in has expired. Please use a new token.");
    else this.sidebar.note(failure.message);
  }

  newThread(facts) {
    return new Thread({
      ...facts,
      hanIsJapanese: speaksJapanese(this.assistant(facts.assistant)),
      onRetry: (thread, turn) => this.retry(thread, turn),
      onEdit: (thread, turn) => this.edit(thread, turn),
      onAgain: (thread, turn) => this.again(thread, turn),
      onFeedback: (thread, turn, thumb) => this.feedback(thread, turn, thumb),
      onDecide: (thread, turn, approve) => this.decide(thread, turn, approve),
    });
  }

  assistant(id) { return this.assistants.find((assistant) => assistant.id === id) ?? null; }

  show(thread) {
    this.thread = thread;
    byId("loading").hidden = true;
    byId("assistant").value = thread.assistant ?? "";
    byId("assistant").disabled = thread.id !== null;
    this.pane.show(thread);
    this.session.show(thread, this.api);
    this.composer.open(thread.id);
    this.composer.answering = this.flight.of(thread) !== null;
    this.showTitle();
    this.showWelcome();
    this.connect(thread.assistant);
  }

  showTitle() {
    const { thread } = this;
    const title = thread.title || this.assistant(thread.assistant)?.title || "New conversation";
    byId("title").replaceChildren(title);
    byId("title").removeAttribute("lang");
    markJapanese(byId("title"), thread.hanIsJapanese);
    document.title = `${title} · Martlet`;
    this.sidebar.select(thread.id);
    const fragment = thread.id ? `#conversation=${encodeURIComponent(thread.id)}` : "";
    history.replaceState(null, "", location.pathname + location.search + fragment);
  }

  showWelcome() {
    const { thread } = this;
    const assistant = this.assistant(thread.assistant);
    byId("welcome").hidden = thread.id !== null || thread.views.length > 0;
    byId("welcome-lead").textContent = assistant?.description ?? (assistant?.title ? `${assistant.title} answers from what it knows and names its sources.` : "");
    const examples = Array.isArray(assistant?.examples) ? assistant.examples.slice(0, 4) : [];
    byId("examples").replaceChildren(...examples.map((text) => element("li", {},
      markJapanese(element("button", { type: "button", onclick: () => this.ask(text) }, text), thread.hanIsJapanese))));
  }

  async rename(conversation, title) {
    try {
      await this.api.rename(conversation.id, title);
      this.sidebar.change(conversation.id, { title });
      if (this.thread.id === conversation.id) {
        this.thread.title = title;
        this.showTitle();
      }
      announce(`Renamed to ${title}.`);
    } catch (failure) {
      this.failed(failure);
    }
  }

  async remove(conversation) {
    try {
      await this.api.remove(conversation.id);
    } catch (failure) {
      if (failure.status !== 404) return this.failed(failure);
    }
    this.sidebar.take(conversation.id);
    this.noteEmptiness();
    announce("The conversation was deleted.");
    if (this.thread.id === conversation.id) this.begin();
  }

  /** Shows what was found in place of the list; no words bring the list back. */
  async search(words, mode = "words") {
    this.searched = words + mode;
    if (!words) {
      this.noteEmptiness();
      return this.sidebar.showFound(null);
    }
    try {
      const found = await this.api.search(words, mode);
      if (this.searched !== words + mode) return;
      const known = new Map(this.sidebar.conversations.map((conversation) => [conversation.id, conversation]));
      this.sidebar.showFound(found.map(({ conversationId, excerpt, at }) => ({
        updatedAt: at, title: excerpt, ...known.get(conversationId), id: conversationId, excerpt,
      })));
      this.sidebar.note(found.length ? "" : "Nothing was found.");
      announce(found.length === 1 ? "1 conversation was found." : `${found.length || "No"} conversations were found.`);
    } catch (failure) {
      this.failed(failure);
    }
  }

  async loadConversations(cursor = null) {
    try {
      this.sidebar.set(await this.api.conversations(cursor), cursor !== null);
      this.noteEmptiness();
    } catch (failure) {
      this.failed(failure);
    }
  }

  noteEmptiness() { this.sidebar.note(this.sidebar.conversations.length ? "" : "Your conversations will be listed here."); }

  // Turns

  ask(text) {
    const { thread } = this;
    if (this.flight.of(thread)) return;
    this.send(thread, this.flight.ask(thread, text, thread.replaces));
    thread.replaces = null;
  }

  send(thread, { turn, begin }) {
    // What was asked to confirm before is not asked for any more.
    thread.turns.filter((other) => other.confirmation && !other.confirmation.isAnswered)
      .forEach((other) => thread.update({ ...other, confirmation: { ...other.confirmation, isAnswered: true } }));
    const view = thread.add(turn);
    byId("welcome").hidden = true;
    this.pane.append(view);
    this.composer.answering = true;
    this.composer.focus();
    begin();
    announce("Sent. The answer will be read when it is complete.");
  }

  /** The reader's yes or no to what a turn asks to confirm. */
  decide(thread, turn, approve) {
    if (this.flight.of(thread) || !turn.confirmation) return;
    this.send(thread, this.flight.decide(thread, turn.confirmation, approve));
  }

  retry(thread, turn) {
    if (this.flight.of(thread)) return;
    thread.remove(turn);
    this.pane.show(thread);
    if (turn.decision === undefined) this.ask(turn.question);
    else this.send(thread, this.flight.decide(thread, { id: turn.id }, turn.decision));
  }

  /** Another answer to the same question, in place of this one and of what followed. */
  again(thread, turn) {
    if (this.flight.of(thread)) return;
    thread.cut(turn);
    thread.replaces = turn.messageId;
    this.pane.show(thread);
    this.ask(turn.question);
  }

  async feedback(thread, turn, thumb) {
    const keep = (feedback) => thread.update({ ...thread.turns.find(({ id }) => id === turn.id) ?? turn, feedback });
    keep(thumb);
    thread.views.find((view) => view.turn.id === turn.id)?.actions.querySelector(`.thumb.${thumb ?? turn.feedback}`)?.focus();
    try {
      await this.api.feedback(thread.id, turn.messageId, thumb);
      announce(thumb ? "Thank you, this is kept." : "Your feedback was taken back.");
    } catch (failure) {
      keep(turn.feedback);
      this.failed(failure);
    }
  }

  edit(thread, turn) {
    if (this.flight.of(thread)) return;
    if (turn.messageId) {
      thread.cut(turn);
      thread.replaces = turn.messageId;
      announce("Edit the question and send it; it takes the place of this one.");
    } else {
      thread.remove(turn);
    }
    this.pane.show(thread);
    this.composer.fill(turn.question);
  }

  stop() { this.flight.stop(this.thread); }

  /** A turn changed: draws it at the next frame, and does what its end asks for. */
  turned(thread, turn, before) {
    if (!this.redraws.size) requestAnimationFrame(() => this.redraw());
    this.redraws.set(turn.id, { thread, turn });
    if (turn.conversationId && thread.id === null) this.named(thread, turn);
    if (!ended.has(turn.state) || ended.has(before.state)) return;
    this.composer.answering = this.flight.of(this.thread) !== null;
    if (turn.problem?.code === "unauthorized") return this.onUnauthorized("Your sign-in has expired. Please use a new token.");
    if (turn.hasGap && thread.id) this.load(thread);
    if (thread.id) this.sidebar.touch(thread.id, thread.title);
    if (this.thread === thread) this.read(thread, turn);
  }

  /** The server gave the conversation an id: it appears in the list and in the address. */
  named(thread, turn) {
    thread.id = turn.conversationId;
    thread.title ||= turn.question.length > 60 ? `${turn.question.slice(0, 59)}…` : turn.question;
    this.sidebar.touch(thread.id, thread.title);
    this.noteEmptiness();
    if (this.thread !== thread) return;
    this.composer.conversationID = thread.id;
    byId("assistant").disabled = true;
    this.showTitle();
  }

  redraw() {
    const turns = [...this.redraws.values()];
    this.redraws.clear();
    turns.forEach(({ thread, turn }) => thread.update(turn));
  }

  /** Has a screen reader say a finished answer, once. */
  read(thread, turn) {
    if (turn.state === "failed") return announce(`Problem: ${turn.problem.message}`);
    this.redraw();
    const view = thread.views.find((one) => one.turn.id === turn.id);
    announce(turn.state === "stopped" ? "Stopped." : `Answer: ${view?.words.textContent ?? turn.answer}`);
  }

  // Connection

  connect(assistant) {
    if (this.connection && this.connectedTo === assistant) return;
    this.connection?.close();
    this.flight.lost();
    this.connectedTo = assistant;
    this.connection = new Connection({
      url: this.config.webSocketURL, token: this.api.token, assistant,
      onState: (state, retryAt) => this.connectionChanged(state, retryAt),
      onFrame: (frame) => {
        this.flight.take(frame);
        this.session.heard(frame);
      },
      mayRetry: () => this.isStillSignedIn(),
    });
    this.connection.open();
  }

  connectionChanged(state, retryAt) {
    byId("connection").dataset.state = state;
    byId("reconnect").hidden = state !== "waiting";
    const left = retryAt ? Math.round((retryAt - Date.now()) / 1000) : 0;
    byId("connection-text").textContent = state === "waiting" && left > 2 ? `Reconnecting in ${left} s` : states[state];
    if (state === "open") this.flight.opened();
    if (state === "waiting") this.flight.lost();
  }

  /** A refused handshake hides its reason from the page; the HTTP API tells whether it was the token. */
  async isStillSignedIn() {
    try {
      await this.api.conversations();
    } catch (failure) {
      if (!(failure instanceof Unauthorized)) return true;
      if (now === this) this.onUnauthorized("Your sign-in has expired. Please use a new token.");
      return false;
    }
    return now === this;
  }

  close() {
    if (now === this) now = null;
    this.connection?.close();
    this.flight.close();
    this.pane.close();
    this.person.set(null);
    this.session.show(null, null);
    this.redraws.clear();
  }
}
