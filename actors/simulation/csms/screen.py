"""What `evsite csms` shows: where it listens, a line for every message, and what it came to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from actors.simulation.csms.view import ACTION_WIDTH, STATION_WIDTH, line

if TYPE_CHECKING:
    import pathlib

    from actors.simulation.csms.backend import Backend
    from actors.simulation.csms.record import Entry
    from actors.simulation.csms.run import Started
    from actors.simulation.csms.script import Script


class Screen:
    """Standard output: coloured and cut to width on a terminal, plain and whole elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stdout, highlight=False, markup=False, emoji=False)

    def begin(
        self, where: Started, script: Script, pki: pathlib.Path | None, record: pathlib.Path | None
    ) -> None:
        """Say where stations, people and programs find us."""
        versions = ", ".join(version.value for version in script.versions)
        rows = [
            ("stations", f"{url}<identity>", f"profile {each}; {versions}") for url, each in where.stations
        ]
        if where.control is not None:
            rows.append(
                ("control", where.control, "GET /stations /transactions /messages  POST /call /fault")
            )
        tokens = "any token" if script.tokens is None else _count(len(script.tokens), "token")
        parts = (script.answers, "answer"), (script.scenes, "scene"), (script.faults, "fault")
        more = ", ".join(_count(len(some), name) for some, name in parts)
        rows.append(("script", tokens, more))
        rows.append(
            ("test PKI", str(pki or "none"), "" if pki else "so nothing is signed or installed: --pki")
        )
        if record is not None:
            rows.append(("record", str(record), f"judge it: evsite csms ledger {record}"))
        self._print(Text("evsite csms", style="bold"))
        width = max(len(value) for _, value, _ in rows)
        for name, value, more in rows:
            row = Text.assemble((f"  {name:9} ", "dim"), (f"{value:{width}}  ", "bold"), (more, "dim"))
            row.rstrip()
            self._print(row)
        self._print(Text("Ctrl-C ends it.\n", style="dim"))
        self._console.file.flush()

    def show(self, entry: Entry) -> None:
        """One entry."""
        told = line(entry)
        text = Text.assemble(
            (f"{told.at}  ", "dim"),
            (f"{told.station:{STATION_WIDTH}} ", "bold"),
            (f"{told.arrow} ", told.style),
            (f"{told.action:{ACTION_WIDTH}} ", told.style),
            (told.text, "red" if "red" in told.style else ""),
        )
        text.rstrip()
        self._print(text)
        self._console.file.flush()

    def end(self, backend: Backend) -> None:
        """What it came to."""
        summary = backend.hub.summary
        running = sum(one.ended_at is None for one in backend.hub.transactions)
        count = len(list(backend.hub.transactions))
        parts = [
            _count(summary.frames, "frame"),
            _count(count, "transaction") + (f" ({running} still open)" if running else ""),
            _count(summary.problems, "problem"),
        ]
        if summary.failed or backend.unfinished:
            parts.append(f"{summary.failed} failed, {_count(len(backend.unfinished), 'scene')} not finished")
        self._print(Text("\n" + ", ".join(parts), style="bold" if backend.good() else "bold red"))

    def _print(self, text: Text) -> None:
        cut = self._console.is_terminal
        self._console.print(text, no_wrap=True, overflow="ellipsis" if cut else "ignore", crop=cut)


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
