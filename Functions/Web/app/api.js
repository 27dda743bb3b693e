// The HTTP API of the backend, as the page uses it.

/** The server does not accept the token (401). */
export class Unauthorized extends Error {}

/** The server could not be reached or answered with an error. */
export class Unavailable extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

const patience = 15_000; // milliseconds

export class API {
  constructor(token) { this.token = token; }

  /** What the page has to know before anything else; needs no token. */
  static config() { return fetched("/api/v1/config", {}); }

  /** A page of the caller's conversations, newest first: `{conversations, cursor}`. */
  async conversations(cursor = null) {
    const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
    const answer = await this.get(`/api/v1/conversations${query}`);
    return { conversations: answer.conversations ?? [], cursor: answer.nextCursor ?? null };
  }

  /** The newest messages of a conversation, oldest of them first; the cursor leads to older ones. */
  async messages(conversationID, cursor = null) {
    const path = `/api/v1/conversations/${encodeURIComponent(conversationID)}/messages`;
    const answer = await this.get(cursor ? `${path}?cursor=${encodeURIComponent(cursor)}` : path);
    return { messages: answer.messages ?? [], cursor: answer.nextCursor ?? null, session: answer.conversation?.session ?? null };
  }

  /** Conversations in which all words stand, or that mean the same: `[{conversationId, excerpt, at}]`. */
  async search(words, mode = "words") {
    const answer = await this.get(`/api/v1/conversations/search?q=${encodeURIComponent(words)}&mode=${mode}`);
    return answer.results ?? [];
  }

  /** The newest session of a conversation, in a list. */
  async sessions(conversationID) {
    const answer = await this.get(`/api/v1/conversations/${encodeURIComponent(conversationID)}/sessions?limit=1`);
    return answer.sessions ?? [];
  }

  setSession(conversationID, number, status) {
    return this.send("PUT", `/api/v1/conversations/${encodeURIComponent(conversationID)}/sessions/${number}`, { status });
  }

  /** What is remembered about the caller: `[{kind, key, value, expiresAt}]`. */
  async context() { return (await this.get("/api/v1/context")).entries ?? []; }

  forget(kind, key) { return this.send("DELETE", `/api/v1/context/${encodeURIComponent(kind)}/${encodeURIComponent(key)}`); }

  forgetAll() { return this.send("DELETE", "/api/v1/context"); }

  /** What the caller used today and this month, with budgets. */
  usage() { return this.get("/api/v1/usage"); }

  /** What the caller allows: `{searchByMeaning}`. */
  settings() { return this.get("/api/v1/settings"); }

  setSettings(settings) { return this.send("PUT", "/api/v1/settings", settings); }

  rename(conversationID, title) { return this.send("PUT", `/api/v1/conversations/${encodeURIComponent(conversationID)}`, { title }); }

  remove(conversationID) { return this.send("DELETE", `/api/v1/conversations/${encodeURIComponent(conversationID)}`); }

  /** What the reader thinks of an answer: `up`, `down`, or null to take it back. */
  feedback(conversationID, messageID, thumb) {
    const path = `/api/v1/conversations/${encodeURIComponent(conversationID)}/messages/${encodeURIComponent(messageID)}/feedback`;
    return thumb ? this.send("PUT", path, { thumb }) : this.send("DELETE", path);
  }

  get(path) { return fetched(path, { Authorization: `Bearer ${this.token}` }); }

  send(method, path, body) {
    const headers = { Authorization: `Bearer ${this.token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    return fetched(path, headers, method, body === undefined ? null : JSON.stringify(body));
  }
}

async function fetched(path, headers, method = "GET", body = null) {
  let response;
  try {
    response = await fetch(path, {
      method, headers, body, cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(patience),
    });
  } catch {
    throw new Unavailable("The server cannot be reached.");
  }
  if (response.status === 401) throw new Unauthorized("The token was not accepted.");
  if (!response.ok) throw new Unavailable(`The server answered ${response.status}.`, response.status);
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    throw new Unavailable("The server's answer could not be read.", response.status);
  }
}
