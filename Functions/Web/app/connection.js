// The WebSocket: opens, keeps itself alive, and comes back by itself.

/** Milliseconds to wait before attempt `number` (from 0): 0.5 s doubling to 30 s, the upper half at random. */
export function pause(number, random = Math.random()) {
  const longest = Math.min(30_000, 500 * 2 ** Math.min(number, 10));
  return longest / 2 + (longest / 2) * random;
}

const pingEvery = 4 * 60_000; // API Gateway closes a connection after 10 minutes of silence
const pongWithin = 10_000;
const openWithin = 15_000;

/**
 * One logical connection over as many sockets as it takes.
 *
 * - `onState(state, retryAt)`: `connecting`, `open`, `waiting` (until `retryAt`, Unix milliseconds), `closed`
 * - `onFrame(frame)`: a JSON object from the server
 * - `mayRetry()`: asked (and awaited) after a refused handshake, whose status a browser hides
 */
export class Connection {
  constructor({ url, token, assistant, onState, onFrame, mayRetry }) {
    const address = new URL(url, location.href);
    if (assistant) address.searchParams.set("assistant", assistant);
    Object.assign(this, { address, token, onState, onFrame, mayRetry });
    this.attempts = 0;
    this.isOver = false;
    this.heard = 0;
    this.timers = { retry: 0, ping: 0, pong: 0, open: 0 };
    this.wake = () => this.check();
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
  }

  get isOpen() { return this.socket?.readyState === WebSocket.OPEN; }

  open() {
    clearTimeout(this.timers.retry);
    if (this.isOver || this.socket) return;
    this.onState("connecting");
    const socket = new WebSocket(this.address.href, ["martlet", `bearer.${this.token}`]);
    this.socket = socket;
    this.timers.open = setTimeout(() => this.lose(socket, false), openWithin);
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      clearTimeout(this.timers.open);
      this.listen();
      this.onState("open");
    };
    socket.onmessage = ({ data }) => this.take(socket, data);
    socket.onclose = () => this.lose(socket, wasOpen);
  }

  /** Sends a frame when the socket is open; says whether it did. */
  send(frame) {
    if (!this.isOpen) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Ends for good. */
  close() {
    this.isOver = true;
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    Object.values(this.timers).forEach(clearTimeout);
    const { socket } = this;
    this.socket = null;
    socket?.close(1000);
    this.onState("closed");
  }

  /** The network or the reader is back: try at once, or make sure that the socket still lives. */
  check() {
    if (document.visibilityState === "hidden") return;
    if (!this.socket) this.open();
    else if (this.isOpen && Date.now() - this.heard > 30_000) this.ping();
  }

  ping() {
    clearTimeout(this.timers.pong);
    const { socket } = this;
    if (!this.send({ action: "ping" })) return;
    this.timers.pong = setTimeout(() => this.lose(socket, true), pongWithin);
    this.timers.ping = setTimeout(() => this.ping(), pingEvery);
  }

  take(socket, data) {
    if (socket !== this.socket) return;
    this.listen();
    this.attempts = 0;
    let frame;
    try { frame = JSON.parse(data); } catch { return; }
    if (frame && typeof frame === "object" && !Array.isArray(frame)) this.onFrame(frame);
  }

  /** Something was heard: the socket lives, the next ping can wait. */
  listen() {
    this.heard = Date.now();
    clearTimeout(this.timers.pong);
    clearTimeout(this.timers.ping);
    this.timers.ping = setTimeout(() => this.ping(), pingEvery);
  }

  /** The socket ended or is taken for dead: wait a little longer each time and open another. */
  async lose(socket, wasOpen) {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.timers.open);
    clearTimeout(this.timers.ping);
    clearTimeout(this.timers.pong);
    socket.close();
    const wait = pause(this.attempts);
    this.attempts += 1;
    this.onState("waiting", Date.now() + wait);
    if (!wasOpen && !(await this.mayRetry())) return;
    if (this.isOver || this.socket) return;
    clearTimeout(this.timers.retry);
    this.timers.retry = setTimeout(() => this.open(), wait);
  }
}
