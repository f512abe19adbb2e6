"""The message log as a page for a browser. Pure.

The page has no end: a head, and behind it one closed element per entry. HTML lets the end tags of `body` and
`html` be left out, so it is whole after every entry, and can be read while it grows. Everything that came
over the wire is escaped, and the page forbids scripts and everything from elsewhere.
"""

from __future__ import annotations

from html import escape
from typing import Final

HEAD: Final = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>OCPP messages</title>
<style>
:root { color-scheme: light dark; --sent: #1769aa; --received: #2e7d32; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --sent: #7cc0f5; --received: #8fd694; --bad: #ff8a80; }
}
body { font: 14px/1.5 system-ui, sans-serif; margin: 1.5rem; }
h1 { font-size: 1.3rem; }
details { border-left: 4px solid var(--sent); margin: 2px 0; padding: 0 .6rem; }
details.received { border-color: var(--received); }
details.gap, details.refusal { border-color: var(--bad); }
details[open] { background: #8881; }
summary { cursor: pointer; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
time, .text, pre { font-family: ui-monospace, monospace; font-size: 12px; }
.way { color: var(--sent); display: inline-block; margin: 0 .4rem; width: 7.5rem; }
.received .way { color: var(--received); }
.gap summary, .refusal b { color: var(--bad); }
.gap summary { list-style: none; }
.text { opacity: .65; }
@media (max-width: 45rem) { summary { white-space: normal; } .text { display: none; } }
pre { margin: .3rem 0 .8rem; overflow-wrap: anywhere; white-space: pre-wrap; }
</style></head><body>
<h1>OCPP messages</h1>
<p>In the order in which they were sent and received, the newest below. A click on a line shows the whole
message; after a reload there is what has come since.</p>
"""
END: Final = "</details>\n"
"""With this every entry ends, and nothing else does."""
WAYS: Final = {True: ("sent", "station → CSMS"), False: ("received", "CSMS → station")}
PREVIEW: Final = 200
"""Characters of a message that stand in its line."""


def entry(time: str, name: str, text: str, *, sent: bool, refusal: bool, whole: str) -> str:
    """One message: its line with the beginning of `text`, and behind a click `whole`."""
    kind, way = WAYS[sent]
    classes = f"{kind} refusal" if refusal else kind
    line = f"<time>{_said(time)}</time><span class=way>{way}</span><b>{_said(name)}</b>"
    preview = f" <span class=text>{_said(text[:PREVIEW])}</span>"
    return f'<details class="{classes}"><summary>{line}{preview}</summary><pre>{_said(whole)}</pre>{END}'


def gap(time: str, missing: int) -> str:
    """Here so many messages are missing."""
    return f'<details class="gap"><summary><time>{_said(time)}</time> {missing} missing here</summary>{END}'


def _said(text: str) -> str:
    return escape(text)
