// The turns on their way: sends them, gives each frame to its turn, notices silence, and finds out
// what became of a turn whose socket was lost.

import { concerns, ended, failed, isGatewayError, newTurn, received, stopped, storedTurns } from "./turn.js";

/** Milliseconds: the backend ends a turn after 29 s, so longer silence means that nothing will come. */
const silence = 45_000;
/** How long a stopped turn may take to say so before the page stops waiting. */
const stopWithin = 4_000;
/** How long the server may take to go on with an answer before the page looks for the stored one. */
const resumeWithin = 8_000;
/** When to look for the stored answer of a turn whose socket was lost. */
const lookups = [400, 1_500, 4_000];

/** A message id that nobody else takes. `crypto.randomUUID` is absent on plain http:// pages. */
const newID = () => `m-${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/**
 * - `send(frame)` gives a frame to the socket and says whether it took it
 * - `load(conversationID)` reads the stored messages
 * - `onChange(thread, turn, before)` shows a turn's next state
 */
export class Flight {
  constructor({ send, load, onChange }) {
    Object.assign(this, { send, load, onChange });
    this.entries = []; // {thread, turn, timer, wasSent}, oldest first
  }

  /** The turn of a thread that is not at its end, if any. */
  of(thread) { return this.entries.find((entry) => entry.thread === thread)?.turn ?? null; }

  /** Asks a question, in place of the one that `replaces` answered; it is sent at once or as soon as there is a connection. */
  ask(thread, question, replaces = null) {
    const turn = { ...newTurn(newID(), question), replaces };
    const entry = { thread, turn, timer: 0, wasSent: false };
    this.entries.push(entry);
    return { turn, begin: () => this.transmit(entry) };
  }

  /** Says yes or no to what an answer asks to confirm: the confirmation's id is the turn's. */
  decide(thread, confirmation, approve) {
    const turn = { ...newTurn(confirmation.id, approve ? "Yes, please." : "No, thank you."), decision: approve };
    const entry = { thread, turn, timer: 0, wasSent: false };
    this.entries.push(entry);
    return { turn, begin: () => this.transmit(entry) };
  }

  transmit(entry) {
    const { thread, turn } = entry;
    const frame = turn.decision === undefined
      ? { action: "chat", id: turn.id, conversationId: thread.id, message: turn.question }
      : { action: "confirm", id: turn.id, approve: turn.decision };
    if (turn.replaces) frame.replaces = turn.replaces;
    if (entry.wasSent || !this.send(frame)) return;
    entry.wasSent = true;
    this.set(entry, { ...turn, state: "sent" });
  }

  /** Ends a turn at the reader's wish: a waiting one at once, a sent one by a frame. */
  stop(thread) {
    const entry = this.entries.find((one) => one.thread === thread);
    if (!entry || entry.turn.state === "stopping") return;
    const { turn } = entry;
    if (!entry.wasSent || !this.send({ action: "stop", id: turn.id })) {
      this.set(entry, stopped(turn));
      return;
    }
    this.set(entry, { ...turn, state: "stopping" });
    this.wait(entry, stopWithin, () => this.set(entry, stopped(entry.turn)));
  }

  take(frame) {
    if (frame.type === "pong") return;
    const anonymous = isGatewayError(frame) || frame.id === undefined || frame.id === null;
    const entry = this.entries.find((one) => one.wasSent && !one.isLost && (anonymous || concerns(one.turn, frame)));
    if (!entry) return;
    if (entry.isResuming && frame.type === "error" && ["message_not_found", "unknown_action"].includes(frame.code)) {
      entry.isResuming = false;
      this.notKnown(entry);
      return;
    }
    entry.isResuming = false;
    this.set(entry, received(entry.turn, frame));
  }

  /** The server never got the question, or has forgotten the turn. */
  notKnown(entry) {
    const { turn } = entry;
    if (turn.conversationId || turn.nextIndex > 0) {
      this.recover(entry);
      return;
    }
    entry.wasSent = false;
    this.transmit(entry);
  }

  /** There is a connection again: send what waits, look for what was lost. */
  opened() {
    for (const entry of [...this.entries]) {
      if (!entry.wasSent) this.transmit(entry);
      else if (entry.isLost) this.resume(entry);
    }
  }

  /** The answer goes on for a while without a listener: ask for what was missed and for the rest. */
  resume(entry) {
    const { turn } = entry;
    if (!this.send({ action: "resume", id: turn.id, index: turn.nextIndex - 1 })) return;
    entry.isLost = false;
    entry.isResuming = true;
    this.wait(entry, resumeWithin, () => this.recover(entry));
  }

  /** The socket is gone; the answer may go on on another one. */
  lost() {
    for (const entry of [...this.entries]) {
      if (!entry.wasSent || entry.isLost) continue;
      if (entry.turn.state === "stopping") {
        this.set(entry, stopped(entry.turn));
        continue;
      }
      entry.isLost = true;
      this.wait(entry, silence, () => this.giveUp(entry));
    }
  }

  /** The backend may have finished and stored the turn although nobody listened. */
  async recover(entry) {
    if (entry.isRecovering) return;
    entry.isRecovering = true;
    const id = entry.turn.conversationId ?? entry.thread.id;
    for (const pause of id ? lookups : []) {
      await new Promise((resolve) => { setTimeout(resolve, pause); });
      if (ended.has(entry.turn.state)) return;
      const stored = await this.load(id).then(({ messages }) => storedTurns(messages), () => []);
      const answer = stored.findLast((turn) => turn.question === entry.turn.question);
      const isNew = !entry.thread.views.some(({ turn }) => turn.id === answer?.id);
      if (answer?.answer && isNew && answer === stored.at(-1)) {
        this.set(entry, { ...answer, id: entry.turn.id, conversationId: id });
        return;
      }
    }
    this.giveUp(entry);
  }

  giveUp(entry) {
    const message = entry.isLost
      ? "The connection was lost before the answer was complete."
      : "No answer has arrived. Please try again.";
    this.set(entry, failed(entry.turn, { code: "connection_lost", message }));
  }

  set(entry, turn) {
    const before = entry.turn;
    entry.turn = turn;
    clearTimeout(entry.timer);
    if (ended.has(turn.state)) this.entries = this.entries.filter((one) => one !== entry);
    else if (turn.state !== "waiting") this.wait(entry, silence, () => this.giveUp(entry));
    if (turn !== before) this.onChange(entry.thread, turn, before);
  }

  wait(entry, milliseconds, then) {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(then, milliseconds);
  }

  close() {
    this.entries.forEach(({ timer }) => clearTimeout(timer));
    this.entries = [];
  }
}
