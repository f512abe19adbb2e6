"""What the kernel knows of a process, read from /proc."""

from __future__ import annotations

from pathlib import Path

from actors.engine.supervision import Vitals


def read(pid: int | None) -> Vitals | None:
    """State, run time and run-queue wait of a process; None when it cannot be read."""
    if pid is None:
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        schedule = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()
        state = stat.rpartition(")")[2].split()[0]
        return Vitals(state, int(schedule[0]) / 1e9, int(schedule[1]) / 1e9)
    except (OSError, ValueError, IndexError):
        return None
