// One question with its answer, and what each frame from the server makes of it. No document, no
// socket, no clock: `received` takes a turn and a frame and returns the next turn.
//
// Delivery is at least once and may overtake itself: a chunk counts once by its index, and a chunk
// that comes early waits for those before it.

/**
 * Where a turn stands: `waiting` (no connection yet), `sent`, `answering`, `stopping`, and the ends
 * `complete`, `stopped`, `failed`.
 */
export const ended = new Set(["complete", "stopped", "failed"]);

/** What is said below an answer that did not come to its own end. */
const notes = {
  stopped: "Stopped", interrupted: "Interrupted", length: "Cut at the longest length allowed",
  filtered: "Ended by a content filter",
};

/** A new turn, not sent yet. */
export function newTurn(id, question) {
  return {
    id, question, state: "waiting", answer: "", early: {}, nextIndex: 0, steps: [], sources: [],
    conversationId: null, usage: null, problem: null, hasGap: false, note: null,
    messageId: null, replaces: null, feedback: null, confirmation: null, session: null,
  };
}

/** What a stored user message and the assistant's message after it look like as a turn. */
export function storedTurn(user, assistant) {
  const turn = newTurn(user?.id ?? assistant?.id ?? "", user?.content ?? "");
  const facts = { ...assistant?.metadata, ...assistant };
  return {
    ...turn,
    state: ["stopped", "interrupted"].includes(facts.status) || facts.stopped === true ? "stopped" : "complete",
    note: notes[facts.status] ?? null,
    answer: assistant?.content ?? "",
    steps: list(facts.steps ?? facts.tools).map((step) => ({ ...stepFacts(step), state: stepState(step, "done") })),
    sources: list(facts.sources),
    messageId: assistant?.id ?? null,
    feedback: facts.feedback?.thumb ?? null,
    confirmation: confirmation(facts.confirmation),
    problem: assistant ? null : { code: "no_answer", message: "This question was not answered." },
  };
}

/** The turns of a list of stored messages, oldest first. */
export function storedTurns(messages) {
  const turns = [];
  for (let place = 0; place < messages.length; place += 1) {
    const message = messages[place];
    const next = messages[place + 1];
    if (message.role === "user" && next?.role === "assistant") {
      turns.push(storedTurn(message, next));
      place += 1;
    } else if (message.role === "user") {
      turns.push({ ...storedTurn(message, null), state: "failed" });
    } else if (message.role === "assistant") {
      turns.push(storedTurn(null, message));
    }
  }
  // Whoever went on has answered, or meant something else.
  return turns.map((turn, place) => (turn.confirmation && place < turns.length - 1
    ? { ...turn, confirmation: { ...turn.confirmation, isAnswered: true } } : turn));
}

/**
 * API Gateway's own error frame, sent when a function could not be run. It names no message id:
 * `{"message":"Internal server error","connectionId":…,"requestId":…}`.
 */
export function isGatewayError(frame) {
  return frame.type === undefined && typeof frame.message === "string"
    && (typeof frame.connectionId === "string" || typeof frame.requestId === "string");
}

/** Whether a frame speaks about this turn. Error frames without an id speak about the one in flight. */
export function concerns(turn, frame) {
  if (isGatewayError(frame)) return true;
  if (frame.type === "error" && (frame.id === undefined || frame.id === null)) return true;
  return frame.id === turn.id;
}

/** The turn after a frame. What comes after the end, and what concerns another turn, changes nothing. */
export function received(turn, frame) {
  if (ended.has(turn.state) || !concerns(turn, frame)) return turn;
  if (isGatewayError(frame)) {
    return failed(turn, { code: "gateway", message: "The assistant stopped unexpectedly. Please try again." });
  }
  switch (frame.type) {
    case "start": return started(turn, frame);
    case "chunk": return withChunk(turn, frame);
    case "tool": return withStep(turn, frame);
    case "complete": return completed(turn, frame);
    case "error": return failed(turn, frame);
    default: return turn;
  }
}

/** The turn as failed, for a reason that comes as an error frame or from the page itself. */
export function failed(turn, { code, message, retryAfter }) {
  const seconds = Number(retryAfter);
  return {
    ...turn,
    state: turn.state === "stopping" ? "stopped" : "failed",
    note: turn.state === "stopping" ? notes.stopped : null,
    steps: turn.steps.map((step) => (step.state === "running" ? { ...step, state: "failed" } : step)),
    problem: {
      code: String(code ?? "error"),
      message: typeof message === "string" && message ? message : "Something went wrong. Please try again.",
      retryAfter: Number.isFinite(seconds) && seconds > 0 ? seconds : null,
    },
  };
}

/** The turn as ended at the reader's wish. */
export const stopped = (turn) => ({ ...turn, state: "stopped", note: notes.stopped });

function started(turn, frame) {
  return { ...turn, state: answering(turn), conversationId: frame.conversationId ?? turn.conversationId };
}

const answering = (turn) => (turn.state === "stopping" ? "stopping" : "answering");

function withChunk(turn, { index, content }) {
  if (!Number.isInteger(index) || typeof content !== "string") return turn;
  if (index < turn.nextIndex || index in turn.early) return turn;
  const early = { ...turn.early, [index]: content };
  let { answer, nextIndex } = turn;
  while (nextIndex in early) {
    answer += early[nextIndex];
    delete early[nextIndex];
    nextIndex += 1;
  }
  return { ...turn, state: answering(turn), answer, early, nextIndex };
}

function withStep(turn, frame) {
  const step = { ...stepFacts(frame), state: stepState(frame, "running") };
  const known = turn.steps.findIndex((other) => other.key === step.key);
  const steps = known < 0 ? [...turn.steps, step] : turn.steps.with(known, merged(turn.steps[known], step));
  return { ...turn, state: answering(turn), steps };
}

/** A later frame about a step wins, except where it says nothing or would undo an end. */
function merged(before, after) {
  const said = Object.fromEntries(Object.entries(after).filter(([, value]) => value !== null));
  const state = after.state === "running" && before.state !== "running" ? before.state : after.state;
  return { ...before, ...said, state };
}

function stepFacts(frame) {
  const name = String(frame.name ?? frame.tool ?? "tool");
  const given = frame.arguments ?? frame.input ?? null;
  const values = typeof given === "string" ? parsedObject(given) : given;
  const key = frame.callId ?? `${name} ${JSON.stringify(values)}`;
  return { key: String(key), name, values, result: frame.summary ?? frame.result ?? null };
}

function stepState({ status, state, error }, otherwise) {
  const said = String(status ?? state ?? "");
  if (said === "waiting") return said;
  if (error || /fail|error|refused/.test(said)) return "failed";
  if (/done|complete|finish|success|ok|succeeded|end|result/.test(said)) return "done";
  return said ? "running" : otherwise;
}

function parsedObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : { value };
  } catch {
    return { value: text };
  }
}

/** The end of an answer. `content`, when it is sent, is the whole text and heals a lost chunk. */
function completed(turn, frame) {
  const whole = typeof frame.content === "string" ? frame.content : null;
  const reason = frame.finishReason ?? "complete";
  const wasStopped = turn.state === "stopping" || reason === "stopped";
  return {
    ...turn,
    state: wasStopped ? "stopped" : "complete",
    answer: whole ?? turn.answer,
    note: notes[wasStopped ? "stopped" : reason] ?? null,
    hasGap: whole === null && Object.keys(turn.early).length > 0,
    early: {},
    steps: turn.steps.map((step) => (step.state === "running" ? { ...step, state: "done" } : step)),
    sources: list(frame.sources),
    usage: frame.usage ?? null,
    conversationId: frame.conversationId ?? turn.conversationId,
    messageId: frame.messageId ?? null,
    confirmation: confirmation(frame.confirmation),
    session: frame.session ?? null,
  };
}

/** What the reader is asked to confirm: `{id, until (Unix milliseconds), summaries}`, or null. */
function confirmation(asked) {
  if (!asked || typeof asked.id !== "string") return null;
  const summaries = list(asked.calls).map((call) => String(call?.summary ?? call?.name ?? ""));
  return { id: asked.id, until: Date.parse(asked.expiresAt) || 0, summaries, isAnswered: false };
}

const list = (value) => (Array.isArray(value) ? value : []);
