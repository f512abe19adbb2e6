// Elements, and words for numbers and times.

/** An element with attributes and children; `on...` attributes are listeners, `undefined` and `false` are left out. */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  return fill(document.createElement(name), classes, attributes, children);
}

/** The same in SVG. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), [], attributes, children);
}

function fill(element, classes, attributes, children) {
  element.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Change a text only where it differs: what is selected stays so. */
export function say(element, text) {
  const wanted = text ?? "";
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Show a list in the order given: one view a key, made once by `make(key)`, told of its item by `update`. */
export function keyed(parent, views, items, keyOf, make) {
  const wanted = new Set();
  let before = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    wanted.add(key);
    let view = views.get(key);
    if (view === undefined) views.set(key, (view = make(item)));
    view.update(item);
    if (view.element === before) before = before.nextSibling;
    else parent.insertBefore(view.element, before);
  }
  for (const [key, view] of views) {
    if (wanted.has(key)) continue;
    view.element.remove();
    views.delete(key);
  }
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const DAY = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });

export const clock = (at) => (at ? CLOCK.format(new Date(at)) : "");
export const clockMs = (at) => (at ? `${clock(at)}.${String(new Date(at).getMilliseconds()).padStart(3, "0")}` : "");
export const day = (at) => (at ? DAY.format(new Date(at)) : "");

/** A time span in at most two units. */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  for (const [size, unit, step, smaller] of [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]]) {
    if (whole >= size) return `${Math.floor(whole / size)} ${unit} ${Math.floor((whole % size) / step)} ${smaller}`;
  }
  return `${whole} s`;
}

/** The time between two moments as people read it: `+0.132 s`. */
export function since(from, to) {
  const seconds = (new Date(to) - new Date(from)) / 1000;
  if (!Number.isFinite(seconds)) return "";
  return seconds < 0 ? "before" : seconds < 100 ? `+${seconds.toFixed(seconds < 10 ? 2 : 1)} s` : `+${span(seconds)}`;
}

export function watts(value) {
  if (value === null || value === undefined) return "–";
  return Math.abs(value) >= 1000 ? `${(value / 1000).toFixed(Math.abs(value) >= 100000 ? 0 : 1)} kW` : `${Math.round(value)} W`;
}

export function wattHours(value) {
  if (value === null || value === undefined) return "–";
  return Math.abs(value) >= 1000 ? `${(value / 1000).toFixed(2)} kWh` : `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} Wh`;
}
