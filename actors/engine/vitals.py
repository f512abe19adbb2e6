"""What the kernel knows of a process, read from /proc."""

from __future__ import annotations

from actors.engine.processes import kernel_text, stat_fields
from actors.engine.supervision import Vitals


def read(pid: int | None) -> Vitals | None:
    """State, run time and run-queue wait of a process; None when it cannot be read."""
    if pid is None:
        return None
    try:
        state = stat_fields(pid)[0]
        schedule = kernel_text(pid, "schedstat").split()
        return Vitals(state, int(schedule[0]) / 1e9, int(schedule[1]) / 1e9)
    except (OSError, ValueError, IndexError):
        return None
