// Errors and certificates.

import { clock, day, h, say } from "/static/dom.js";

const SOON_DAYS = 30;
const MANY_DAYS = 3 * 365;

export function showErrors(list, count, errors) {
  const items = errors.map((error) =>
    h("li", { "data-severity": error.severity },
      h("strong", {}, error.type), " ", error.sub_type ? h("span.muted", {}, error.sub_type) : "",
      h("div", {}, error.message),
      h("div.muted", {}, [error.evse ? `EVSE ${error.evse}` : "station", error.origin, error.severity, error.mrec, clock(error.at)]
        .filter(Boolean).join(" · "))));
  list.replaceChildren(...(items.length ? items : [h("li.nothing.muted", {}, "None.")]));
  count.hidden = errors.length === 0;
  say(count, String(errors.length));
}

export function showCertificates(list, certificates) {
  const items = certificates.map((one) => {
    const state = one.problem || one.days_left <= 0 ? "bad" : one.days_left < SOON_DAYS ? "soon" : "good";
    const left = one.days_left <= 0 ? "expired" : one.days_left < MANY_DAYS ? `${one.days_left} d` : `${Math.floor(one.days_left / 365)} years`;
    const by = one.issuer === one.subject ? "" : one.issuer.match(/CN=([^,]+)/)?.[1] ?? one.issuer;
    return h("li", { "data-state": state, title: `issued by ${one.issuer}\n${day(one.not_before)} to ${day(one.not_after)}` },
      h("span.left", {}, left), h("strong", {}, one.kind), by ? h("span.muted", {}, ` by ${by}`) : null, h("div.muted", {}, one.subject),
      one.problem ? h("div.problem", {}, one.problem) : null);
  });
  list.replaceChildren(...(items.length ? items : [h("li.nothing.muted", {}, "None, or nobody keeps them here.")]));
}
