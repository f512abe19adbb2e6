// The messages of OCPP and V2G as they pass. What a charging loop says again and again is one row with a count.

import { clockMs, h, say } from "/static/dom.js";

const MOST = 300;
const PAIR = 2;

/** Fields of a payload that say most in few characters, in this order; the terminal view has the same. */
const TELLING = ["eventType", "triggerReason", "status", "connectorStatus", "chargingState", "responseCode", "ResponseCode",
  "response_code", "type", "action", "seqNo", "errorCode"];
const DEPTH = 3;
const LONGEST = 40;

/** What says most of a payload. */
function detail(body) {
  const found = new Map();
  const gather = (value, depth) => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || depth === 0) return;
    for (const [name, one] of Object.entries(value)) {
      if (TELLING.includes(name) && typeof one !== "object") {
        if (!found.has(name)) found.set(name, (name === "seqNo" ? `#${one}` : String(one)).slice(0, LONGEST));
      } else gather(one, depth - 1);
    }
  };
  gather(body, DEPTH);
  return TELLING.filter((name) => found.has(name)).map((name) => found.get(name)).join(" ");
}

const alike = ({ source, evse, name, kind }) => `${source} ${evse} ${name} ${kind}`;

export class Timeline {
  #messages = [];
  #rows = []; // the newest first, as they are shown
  #filter = { source: "", evse: "", text: "" };
  #hold = false;

  constructor(element) {
    this.element = element;
  }

  /** Show others than before; `hold`: let what is shown stand still. */
  filter({ source, evse, text, hold }) {
    const same = JSON.stringify(this.#filter) === JSON.stringify({ source, evse, text });
    const goesOn = this.#hold && !hold;
    this.#filter = { source, evse, text };
    this.#hold = hold;
    if (!same || goesOn) this.#draw();
  }

  /** All there are, after a new connection. */
  reset(messages) {
    this.#messages = messages.slice(-MOST);
    this.#draw();
  }

  add(message) {
    this.#messages.push(message);
    if (this.#messages.length > MOST) this.#messages.shift();
    if (!this.#hold) this.#show(message);
  }

  #fits({ source, evse, name }) {
    const { source: from, evse: at, text } = this.#filter;
    return (!from || source === from) && (!at || String(evse) === at) && name.toLowerCase().includes(text.toLowerCase());
  }

  #draw() {
    this.#rows = [];
    this.element.replaceChildren(h("li.nothing.muted", {}, "None yet."));
    for (const message of this.#messages) this.#show(message);
  }

  #show(message) {
    if (!this.#fits(message)) return;
    const again = this.#rows.slice(0, PAIR).find((row) => alike(row.message) === alike(message));
    if (again) return again.update(message);
    if (this.#rows.length === 0) this.element.replaceChildren();
    const row = new Row(message);
    this.#rows.unshift(row);
    this.element.prepend(row.element);
    if (this.#rows.length > MOST) this.#rows.pop().element.remove();
  }
}

class Row {
  #count = 0;

  constructor(message) {
    const { source, evse, name, kind, direction } = message;
    const sent = direction === "sent";
    this.at = h("span.at");
    this.times = h("span.times");
    this.detail = h("span.detail.muted");
    this.body = h("pre");
    this.details = h(
      "details", {},
      h("summary", {},
        this.at,
        h("span.source", { "data-source": source }, source === "ocpp" ? "OCPP" : "V2G"),
        h("span.way", { title: `${sent ? "to" : "from"} the ${source === "ocpp" ? "CSMS" : "car"}` }, sent ? "→" : "←"),
        h("span.name", {}, name),
        h("span.muted", {}, [kind, evse ? `EVSE ${evse}` : ""].filter(Boolean).join(", ")),
        this.times, this.detail),
      this.body,
    );
    this.details.addEventListener("toggle", () => this.#tell());
    this.element = h("li", { "data-kind": kind }, this.details);
    this.update(message);
  }

  update(message) {
    this.message = message;
    this.#count += 1;
    say(this.at, clockMs(message.at));
    say(this.times, this.#count > 1 ? `× ${this.#count}` : "");
    say(this.detail, detail(message.body));
    this.#tell();
  }

  #tell() {
    if (this.details.open) say(this.body, JSON.stringify(this.message.body, null, 2));
  }
}
