// The line to the Gateway: JSON-RPC 2.0 over a WebSocket that comes back by itself.

const FIRST_MS = 250;
const LONGEST_MS = 8000;
const PATIENCE_MS = 40000;
const NOT_ALLOWED = -32001;

/** What the Gateway has refused: `code` of JSON-RPC, `data` with what there is instead. */
export class Refusal extends Error {
  constructor({ code, message, data }) {
    const near = data?.nearest ? `; nearest: ${data.nearest}` : "";
    super(`${message}${data?.detail ? `: ${data.detail}` : ""}${near}`);
    this.code = code;
    this.data = data;
  }
}

/**
 * `opened()` is called whenever there is a connection, `closed()` when there is none any more,
 * `news(topic, data)` with all that is subscribed to, `locked(problem)` when a token is wanted: its promise gives one.
 */
export class Line {
  #socket = null;
  #number = 0;
  #waiting = new Map();
  #pause = FIRST_MS;
  #token = null;

  constructor({ opened, closed, news, locked }) {
    Object.assign(this, { opened, closed, news, locked });
    this.#connect();
  }

  /** Call a method; rejects with Refusal, or Error when there is no connection or no answer. */
  call(method, params = {}) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) return reject(new Error("there is no connection to the site"));
      const id = ++this.#number;
      const late = setTimeout(() => this.#settle(id, { error: { code: 0, message: `${method}: no answer` } }), PATIENCE_MS);
      this.#waiting.set(id, { resolve, reject, late });
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  /** A file of the site, with the token if there is one. */
  async fetch(path) {
    const answer = await fetch(path, { headers: this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` } });
    if (!answer.ok) throw new Error(`${path}: ${(await answer.json().catch(() => null))?.error ?? answer.statusText}`);
    return answer.blob();
  }

  #connect() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#begin());
    socket.addEventListener("message", (event) => this.#take(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      for (const id of [...this.#waiting.keys()]) this.#settle(id, { error: { code: 0, message: "the connection is gone" } });
      this.closed();
      setTimeout(() => this.#connect(), this.#pause);
      this.#pause = Math.min(this.#pause * 2, LONGEST_MS);
    });
  }

  async #begin() {
    let problem = "";
    for (;;) {
      try {
        if (this.#token !== null) await this.call("rpc.authenticate", { token: this.#token });
        await this.opened();
        this.#pause = FIRST_MS;
        return;
      } catch (error) {
        if (error.code !== NOT_ALLOWED) {
          console.error(error);
          return this.#socket.close();
        }
        if (this.#token !== null) problem = "That is not a token of this site.";
        this.#token = await this.locked(problem);
        if (this.#socket.readyState !== WebSocket.OPEN) return; // it took longer than the site waits: the next connection has it
      }
    }
  }

  #take(message) {
    if (message.method === "observe.news") this.news(message.params.topic, message.params.data);
    else if (message.id !== undefined) this.#settle(message.id, message);
  }

  #settle(id, answer) {
    const one = this.#waiting.get(id);
    if (one === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(one.late);
    if (answer.error) one.reject(new Refusal(answer.error));
    else one.resolve(answer.result);
  }
}
