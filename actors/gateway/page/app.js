// The page of a site: what the Gateway says of it, and buttons for what is simulated.

import { h, keyed, say } from "/static/dom.js";
import { EvseCard } from "/static/evse.js";
import { Line } from "/static/line.js";
import { showCertificates, showErrors } from "/static/lists.js";
import { Timeline } from "/static/timeline.js";
import { Tree } from "/static/tree.js";

const TOPICS = ["site", "tree", "messages", "errors"];
const PARTS = ["evses", "messages", "actors", "errors", "certificates"];
const TOAST_MS = 6000;

const $ = (id) => document.getElementById(id);
const cards = new Map();
const timeline = new Timeline($("timeline"));
const tree = new Tree($("tree"), $("actor-count"), (path) => act("actor.kill", { path }, `${path} was killed`));
let site = { evses: [], simulated: { cars: [], readers: [], kill: false } };
let connected = false;
const last = new Map(); // by EVSE: its newest session, also when that has ended

// -- what comes in -----------------------------------------------------------------------------------------

const TAKE = {
  site(news) {
    const { evse, ...rest } = news;
    if (typeof evse === "object") {
      site.evses = site.evses.map((each) => (each.evse === evse.evse ? evse : each));
      if (evse.session) last.set(evse.evse, evse.session);
      else recall(evse.evse);
    }
    Object.assign(site, rest);
    draw();
  },
  tree(news) {
    tree.update(news);
  },
  messages(news) {
    timeline.add(news);
  },
  errors(news) {
    showErrors($("error-list"), $("error-count"), news.errors);
  },
};

const line = new Line({
  async opened() {
    const all = await line.call("observe.subscribe", { topics: TOPICS });
    connected = true;
    site = all.site;
    tree.mayKill = site.simulated.kill;
    timeline.reset(all.messages); // before anything is waited for: news may come meanwhile
    TAKE.errors(all.errors);
    if (all.tree) TAKE.tree(all.tree);
    const choice = $("filter-evse");
    const chosen = choice.value;
    choice.replaceChildren(h("option", { value: "" }, "all EVSEs"),
      ...site.evses.map((each) => h("option", { value: each.evse }, `EVSE ${each.evse}`)));
    choice.value = chosen; // what is shown is still filtered so
    last.clear();
    for (const { evse, session } of site.evses) if (session) last.set(evse, session);
    draw();
    for (const { evse, session } of site.evses) {
      if (session) continue;
      const [found] = (await line.call("sessions.list", { evse, limit: 1 })).sessions;
      if (!found || last.has(evse)) continue;
      last.set(evse, found);
      recall(evse);
    }
    draw();
  },
  closed() {
    connected = false;
    draw();
  },
  news(topic, data) {
    TAKE[topic]?.(data);
  },
  locked: askForToken,
});

/** How the session has ended that an EVSE had last, with its curve. */
async function recall(evse) {
  const known = last.get(evse);
  if (!known || known.whole) return;
  known.whole = true;
  const found = await line.call("sessions.get", { session: known.session }).catch(() => null);
  if (!found || last.get(evse)?.session !== found.session) return;
  last.set(evse, { ...found, whole: true });
  draw();
}

// -- drawing -----------------------------------------------------------------------------------------------

function draw() {
  document.body.classList.toggle("away", !connected);
  say($("file"), site.file?.split("/").pop());
  $("file").title = [site.file, site.since ? `runs since ${new Date(site.since).toLocaleString()}` : ""].filter(Boolean).join("\n");
  const csms = site.csms;
  $("badges").replaceChildren(...[
    badge(connected ? (site.ready ? "good" : "soon") : "bad", connected ? (site.ready ? "ready" : "starting") : "not connected"),
    csms && badge(csms.connected ? "good" : "bad",
      csms.connected ? `CSMS ${[csms.version?.replace("ocpp", "OCPP "), csms.boot].filter(Boolean).join(", ")}` : "CSMS offline", csms.url),
  ].filter(Boolean));
  drawEvses();
  showCertificates($("certificate-list"), site.certificates ?? []);
}

const badge = (state, text, title) => h("span.badge", { "data-state": state, title }, text);

function drawEvses() {
  const items = site.evses.map((each) => ({ ...each, shown: each.session ?? last.get(each.evse) ?? null }));
  keyed($("evse-cards"), cards, items, (each) => each.evse, () => new EvseCard(actions));
}

setInterval(() => connected && drawEvses(), 1000); // times go on

// -- what people do ----------------------------------------------------------------------------------------

const actions = {
  can: (what, { evse }) => what === "reader" ? site.simulated.readers.length > 0 : site.simulated.cars.some((car) => car.evse === evse),
  plugOut: ({ evse }) => act("ev.plug_out", { evse }, `EVSE ${evse}: unplugged`),
  pause: ({ evse }) => act("ev.pause", { evse }, `EVSE ${evse}: the car pauses`),
  resume: ({ evse }) => act("ev.resume", { evse }, `EVSE ${evse}: the car goes on`),
  async evidence({ session }) {
    try {
      save(await line.fetch(`/evidence/${encodeURIComponent(session)}`), `${session}.zip`);
    } catch (error) {
      toast(error.message, "bad");
    }
  },
  async plugIn({ evse, mode }) {
    const car = site.simulated.cars.find((each) => each.evse === evse);
    const form = $("plug-dialog").querySelector("form");
    const ways = [["iec61851", "nothing: control pilot only"], ["iso15118-2", "ISO 15118-2"], ["iso15118-20", "ISO 15118-20"], ["din70121", "DIN 70121"]]
      .filter(([way]) => (mode === "DC" ? way !== "iec61851" : way !== "din70121"));
    form.elements.behaviour.replaceChildren(...ways.map(([value, text]) => h("option", { value }, text)));
    form.elements.payment.value = car?.contract ? "contract" : "external";
    if (car?.contract) form.elements.behaviour.value = "iso15118-2";
    if ((await ask($("plug-dialog"))) !== "ok") return;
    const params = { evse, behaviour: form.elements.behaviour.value };
    if (params.behaviour !== "iec61851") params.payment = form.elements.payment.value;
    for (const name of ["soc_percent", "duration_s"]) if (form.elements[name].value !== "") params[name] = Number(form.elements[name].value);
    act("ev.plug_in", params, `EVSE ${evse}: a car was plugged in`);
  },
  async card({ evse }) {
    const form = $("card-dialog").querySelector("form");
    form.elements.reader.replaceChildren(...site.simulated.readers.map(({ module, name }) => h("option", { value: module }, name || module)));
    if ((await ask($("card-dialog"))) !== "ok") return;
    const params = { reader: form.elements.reader.value, token: form.elements.token.value, evses: [evse] };
    act("reader.present", params, "The card was presented");
  },
};

async function act(method, params, done) {
  try {
    await line.call(method, params);
    toast(done, "good");
  } catch (error) {
    toast(error.message, "bad");
  }
}

/** Let the browser keep a file that was fetched. */
function save(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), TOAST_MS);
}

function ask(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}

async function askForToken(problem) {
  const field = $("token");
  say($("token-problem"), problem);
  field.value = "";
  while ((await ask($("token-dialog"))) !== "ok");
  return field.value;
}

function toast(text, state) {
  const one = h("div.toast", { "data-state": state }, text);
  $("toasts").append(one);
  setTimeout(() => one.remove(), TOAST_MS);
}

// -- keys and filter ---------------------------------------------------------------------------------------

const filtered = () => timeline.filter({
  source: $("filter-source").value, evse: $("filter-evse").value, text: $("filter-text").value, hold: $("filter-hold").checked,
});
$("filter").addEventListener("input", filtered);
$("filter").addEventListener("submit", (event) => event.preventDefault());
$("keys").addEventListener("click", () => ask($("keys-dialog")));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea, dialog[open]")) return;
  const part = PARTS[Number(event.key) - 1];
  if (part) $(part).focus();
  else if (event.key === "/") $("filter-text").focus();
  else if (event.key === "?") ask($("keys-dialog"));
  else if (event.key === "h") {
    $("filter-hold").checked = !$("filter-hold").checked;
    filtered();
  } else return;
  event.preventDefault();
});

draw();
