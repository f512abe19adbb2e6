// The tree of actors: their states, restarts, and a button that kills one. Arrow keys walk through it.

import { h, keyed, say, span } from "/static/dom.js";

class Row {
  constructor(kill) {
    this.name = h("span.name");
    this.kind = h("span.kind");
    this.restarts = h("span.restarts");
    this.up = h("span.up");
    this.kill = h("button", { type: "button", tabindex: -1, class: "kill" }, "kill");
    this.kill.addEventListener("click", () => kill(this.path));
    this.element = h("div.row", { role: "treeitem", tabindex: -1 }, this.name, this.kind, this.restarts, this.up, this.kill);
  }

  update({ path, depth, node, mayKill }) {
    this.path = path;
    this.element.dataset.state = node.state;
    this.element.setAttribute("aria-level", depth + 1);
    this.element.style.setProperty("--depth", depth);
    say(this.name, node.name);
    say(this.kind, node.kind.replace(/Actor$/, ""));
    say(this.restarts, node.restarts ? `↻ ${node.restarts}` : "");
    say(this.up, node.state === "Running" ? span(node.uptime_s) : node.state);
    this.kill.hidden = !mayKill || !node.pid || depth === 0;
    this.kill.setAttribute("aria-label", `Kill ${path}`);
    this.element.title = [path, node.kind, node.pid ? `process ${node.pid}` : "", node.last_error ?? ""].filter(Boolean).join("\n");
    if (node.restarts > (this.seen ?? node.restarts)) this.#flash();
    this.seen = node.restarts;
  }

  #flash() {
    this.element.classList.remove("new");
    requestAnimationFrame(() => this.element.classList.add("new"));
  }
}

export class Tree {
  #rows = new Map();

  constructor(element, count, kill) {
    Object.assign(this, { element, count, kill, mayKill: false });
    element.addEventListener("keydown", (event) => this.#walk(event));
  }

  update(tree) {
    const rows = [...flat(tree, "", 0)];
    keyed(this.element, this.#rows, rows.map((row) => ({ ...row, mayKill: this.mayKill })),
      (row) => row.path, () => new Row(this.kill));
    if (!this.element.querySelector('[tabindex="0"]')) this.element.firstElementChild?.setAttribute("tabindex", 0);
    const running = rows.filter(({ node }) => node.state === "Running").length;
    const restarts = rows.reduce((sum, { node }) => sum + node.restarts, 0);
    say(this.count, `${running} of ${rows.length} run${restarts ? `, ${restarts} ${restarts === 1 ? "restart" : "restarts"}` : ""}`);
  }

  #walk(event) {
    const row = event.target.closest(".row");
    const next = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling,
      Home: this.element.firstElementChild, End: this.element.lastElementChild }[event.key];
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      (event.key === "ArrowRight" ? row.querySelector("button:not([hidden])") : row)?.focus();
      event.preventDefault();
    } else if (next) {
      for (const each of this.element.querySelectorAll('[tabindex="0"]')) each.setAttribute("tabindex", -1);
      next.setAttribute("tabindex", 0);
      next.focus();
      event.preventDefault();
    }
  }
}

/** Every actor with its path, as `evsite tree` shows it. */
function* flat(node, above, depth) {
  const path = above ? `${above}/${node.name}` : node.name;
  yield { path, depth, node };
  for (const child of node.children) yield* flat(child, path, depth + 1);
}
