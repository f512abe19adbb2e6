// The card of one EVSE: how it is, its session with the six steps, and what can be done with its simulated car.

import { clockMs, h, keyed, say, since, span, wattHours, watts } from "/static/dom.js";
import { Curve } from "/static/curve.js";

const WORDS = {
  SuspendedEV: "paused by the car",
  SuspendedEVSE: "paused by the station",
  Finishing: "finished",
};

class Step {
  constructor() {
    this.mark = h("span.mark", { "aria-hidden": "true" });
    this.number = h("span.number");
    this.title = h("span.title");
    this.time = h("span.time");
    this.element = h("li", {}, this.mark, this.number, this.title, this.time);
  }

  update({ step, began }) {
    const done = step.at !== null && step.at !== undefined;
    const skipped = !done && step.detail !== "";
    this.element.className = done ? "done" : skipped ? "skipped" : "open";
    say(this.mark, done ? "✓" : skipped ? "–" : "");
    say(this.number, String(step.step));
    say(this.title, step.title);
    say(this.time, done ? since(began, step.at) : "");
    this.element.title = [step.detail, done ? clockMs(step.at) : ""].filter(Boolean).join("\n");
    const state = done ? "done" : skipped ? "not part of this session" : "not yet";
    this.element.setAttribute("aria-label", `Step ${step.step}, ${step.title}: ${state}`);
  }
}

class Fact {
  constructor(name) {
    this.value = h("dd");
    this.element = h("div", {}, h("dt", {}, name), this.value);
  }

  show(text) {
    this.element.hidden = text === null;
    say(this.value, text ?? "");
  }
}

export class EvseCard {
  #steps = new Map();
  #evse = null;

  /** `actions`: what its buttons do, each told the EVSE: plugIn, plugOut, pause, resume, card; `can(what, evse)`. */
  constructor(actions) {
    this.actions = actions;
    this.name = h("h3");
    this.id = h("span.muted");
    this.state = h("span.state");
    this.power = h("span.power");
    this.facts = Object.fromEntries(
      ["Energy", "State of charge", "Offered", "Since", "Protocol", "Charged to"].map((name) => [name, new Fact(name)]),
    );
    this.soc = h("progress", { max: 100 });
    this.curve = new Curve();
    this.steps = h("ol.steps", { "aria-label": "Steps of Plug & Charge" });
    this.talk = h("p.talk.muted");
    this.errors = h("ul.errors");
    this.buttons = {
      plugIn: this.#button("Plug in", "main"),
      card: this.#button("Card"),
      pause: this.#button("Pause"),
      resume: this.#button("Resume"),
      plugOut: this.#button("Unplug"),
    };
    for (const [what, button] of Object.entries(this.buttons)) {
      button.addEventListener("click", () => this.actions[what](this.#evse));
    }
    this.bar = h("div.actions", {}, Object.values(this.buttons));
    this.session = h("div.session", {}, this.curve.element, this.steps, this.talk);
    this.element = h(
      "article.card", {},
      h("header", {}, this.name, this.id, this.state),
      h("div.reading", {}, this.power, h("dl.facts", {}, Object.values(this.facts).map((fact) => fact.element))),
      this.soc, this.session, this.errors, this.bar,
    );
  }

  #button(text, kind) {
    return h("button", { type: "button", class: kind }, text);
  }

  update(evse) {
    this.#evse = evse;
    const { session, shown } = evse; // the one that runs, and the one to show: the last, where none runs
    say(this.name, `EVSE ${evse.evse}`);
    say(this.id, [evse.mode, evse.id].filter(Boolean).join("  "));
    say(this.state, WORDS[evse.state] ?? evse.state);
    this.element.dataset.state = evse.state;
    say(this.power, session ? watts(evse.power_w) : "");
    this.#tell(evse, session, shown);
    this.session.hidden = shown === null;
    if (shown !== null) this.#show(shown);
    this.#offer(evse, session);
    this.errors.replaceChildren(...evse.errors.map((error) => h("li", {}, `${error.type}: ${error.message}`)));
    this.element.setAttribute("aria-label", `EVSE ${evse.evse}, ${evse.state}`);
  }

  #tell(evse, session, shown) {
    const { facts } = this;
    facts.Energy.show(shown ? wattHours(shown.energy_wh) : null);
    facts["State of charge"].show(session && evse.soc_percent !== null ? `${Math.round(evse.soc_percent)} %` : null);
    facts.Offered.show(session && evse.offered_w !== null ? watts(evse.offered_w) : session && evse.offered_a !== null ? `${evse.offered_a} A` : null);
    facts.Since.show(session ? span((Date.now() - new Date(session.began)) / 1000) : null);
    facts.Protocol.show(shown?.protocol ? shown.protocol + (shown.tls ? ", TLS" : "") : null);
    facts["Charged to"].show(shown?.token ? `${shown.token.shown} (${shown.authorization ?? shown.token.type})` : null);
    this.soc.hidden = !session || evse.soc_percent === null;
    if (!this.soc.hidden) {
      this.soc.value = evse.soc_percent;
      this.soc.setAttribute("aria-label", "State of charge of the car");
    }
  }

  #show(session) {
    this.curve.update(session.power);
    keyed(this.steps, this.#steps, session.steps.map((step) => ({ step, began: session.began })),
      ({ step }) => step.step, () => new Step());
    const ended = session.ended ? `Ended after ${span((new Date(session.ended) - new Date(session.began)) / 1000)}` : "";
    const reason = session.ended && session.reason ? `: ${session.reason}` : "";
    const link = session.evidence && session.ended
      ? h("button", { type: "button", class: "link", onclick: () => this.actions.evidence(session) }, "evidence") : null;
    const text = `${ended}${reason}`;
    if (this.talk.dataset.text !== text + String(link !== null)) {
      this.talk.dataset.text = text + String(link !== null);
      this.talk.replaceChildren(...[text, text && link ? " · " : "", link].filter(Boolean));
    }
  }

  #offer(evse, session) {
    const can = (what) => this.actions.can(what, evse);
    const paused = evse.state === "SuspendedEV";
    this.buttons.plugIn.hidden = !can("car") || session !== null;
    this.buttons.plugOut.hidden = !can("car") || session === null;
    this.buttons.pause.hidden = !can("car") || session === null || paused || evse.state !== "Charging";
    this.buttons.resume.hidden = !can("car") || session === null || !paused;
    this.buttons.card.hidden = !can("reader");
    this.bar.hidden = Object.values(this.buttons).every((button) => button.hidden);
  }
}
