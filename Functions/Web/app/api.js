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
    return { messages: answer.messages ?? [], cursor: answer.nextCursor ?? null };
  }

  get(path) { return fetched(path, { Authorization: `Bearer ${this.token}` }); }
}

async function fetched(path, headers) {
  let response;
  try {
    response = await fetch(path, {
      headers, cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(patience),
    });
  } catch {
    throw new Unavailable("The server cannot be reached.");
  }
  if (response.status === 401) throw new Unauthorized("The token was not accepted.");
  if (!response.ok) throw new Unavailable(`The server answered ${response.status}.`, response.status);
  try {
    return await response.json();
  } catch {
    throw new Unavailable("The server's answer could not be read.", response.status);
  }
}
