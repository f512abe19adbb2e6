"""What `evsite demo crash` says in the end. Pure but for printing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors.demo.crash import SPARED
from actors.exits import FAILED, GOOD, tell
from actors.view.words import power

if TYPE_CHECKING:
    from actors.demo.crash import Charge, Verdict
    from actors.demo.crash_escort import CrashEscort


def report(crash: CrashEscort, console: Console | None = None) -> int:
    """Print how it went; the exit code: 1 where somebody noticed, or there is nothing to judge."""
    found = crash.verdict
    if found is None:
        tell(crash.trouble or "stopped before every actor had been killed: nothing is judged")
        return FAILED
    screen = console or Console(highlight=False, emoji=False, markup=False)
    for part in pages(found):
        screen.print(part)
    return GOOD if found.good else FAILED


def pages(found: Verdict) -> list[Table | Text]:
    """The judgement as rich renderables."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("killed (SIGKILL)", no_wrap=True)
    table.add_column("actor", style="dim", no_wrap=True)
    table.add_column("back after", justify="right", no_wrap=True)
    for one in found.killed:
        gone = one.back_s is None
        back = "never" if one.back_s is None else f"{one.back_s * 1000:.0f} ms"
        table.add_row(one.victim.kind, one.victim.path, Text(back, "bold red" if gone else "green"))
    slowest = max((one.back_s or 0.0 for one in found.killed), default=0.0)
    half, all_s = f"{found.median_s * 1000:.0f} ms", f"{slowest * 1000:.0f} ms"
    count = "1 actor was" if len(found.killed) == 1 else f"{len(found.killed)} actors were"
    lines = [f"{count} killed; half of them were back within {half}, all within {all_s}."]
    lines += map(_charge, found.charged)
    if found.repeated:
        lines.append(f"{found.repeated} messages to the back-end came again, rightly: no answer had arrived.")
    lines.append("Not killed: " + "; ".join(_spared()) + ".")
    text = Text("\n".join(lines) + "\n")
    for each in found.noticed:
        text.append(f"✗ {each}\n", style="red")
    if found.good:
        text.append("Neither a car nor the back-end noticed.", style="bold green")
    else:
        text.append("Somebody noticed.", style="bold red")
    return [table, Text(), text]


def _charge(charge: Charge) -> str:
    powers = [watts for _at, watts in charge.samples] or [0.0]
    return (
        f"EVSE {charge.evse}: one transaction with {len(charge.samples)} meter values, "
        f"never less than {power(min(powers))}."
    )


def _spared() -> list[str]:
    """Kinds that are spared, gathered by their reasons."""
    kinds: dict[str, list[str]] = {}
    for kind, why in SPARED.items():
        kinds.setdefault(why, []).append(kind)
    return [f"{', '.join(names)} ({why})" for why, names in kinds.items()]
