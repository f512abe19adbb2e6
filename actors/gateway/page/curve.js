// The curve of a session's power.

import { h, s, say, span, watts } from "/static/dom.js";

const WIDTH = 360;
const HEIGHT = 76;
const ROOM = 4;
const LABEL = 20; // what is written above the curve

export class Curve {
  constructor() {
    this.area = s("path", { class: "area" });
    this.line = s("path", { class: "line" });
    this.title = s("title");
    this.top = h("span.top");
    this.end = h("span.end");
    this.element = h("div.curve", {}, s(
      "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" }, this.title, this.area, this.line,
    ), this.top, this.end);
  }

  /** `points`: seconds since the session began, and watts; discharging is below the axis. */
  update(points) {
    this.element.hidden = points.length < 2;
    if (points.length < 2) return;
    const last = points[points.length - 1];
    const most = Math.max(...points.map(([, power]) => power));
    const high = Math.max(most, 1);
    const low = Math.min(...points.map(([, power]) => power), 0);
    const x = (at) => ((at - points[0][0]) / Math.max(last[0] - points[0][0], 1)) * WIDTH;
    const y = (power) => HEIGHT - ROOM - ((power - low) / (high - low)) * (HEIGHT - ROOM - LABEL);
    const path = points.map(([at, power], n) => `${n ? "L" : "M"}${x(at).toFixed(1)} ${y(power).toFixed(1)}`).join("");
    this.line.setAttribute("d", path);
    this.area.setAttribute("d", `${path}L${WIDTH} ${y(0).toFixed(1)}L0 ${y(0).toFixed(1)}Z`);
    say(this.top, low < 0 ? `${watts(low)} to ${watts(most)}` : watts(most));
    say(this.end, span(last[0]));
    say(this.title, `Power over ${span(last[0])}: now ${watts(last[1])}, highest ${watts(most)}`);
  }
}
