"""The register of a simulated meter on the disk: as a real one's it goes on where it was over every restart.

Only a new car sets it to 0, where `reset_powermeter_on_session_start` is on, as it is by default.

It is not written with every step: what stands in the file is ahead of what the meter shows by `AHEAD_S` of
the power that flows, and is written anew when the meter has come so far, when a car comes or goes, and at an
orderly end, exactly. So whoever is killed has shown no more than the file says, and its successor shows no
less; it may skip what would have flowed in `AHEAD_S` at the power there was when the file was written, and
`LEAST_UJ` at least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.simulation.plant.hardware import UJ_PER_WH
from actors.simulation.plant.messages import Register
from protocols import codec

if TYPE_CHECKING:
    from pathlib import Path

    from actors.simulation.plant.hardware import Hardware

AHEAD_S: Final = 2.0
LEAST_UJ: Final = UJ_PER_WH // 10
"""It is ahead by no less, or a current that begins would be written at every step."""


class MeterRegister:
    """The file of one meter. Methods raise OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = Register()

    def read(self) -> Register:
        """What it says: at first, and where it cannot be read, nothing. Raises ValueError for the latter."""
        try:
            found = codec.decode(self._path.read_bytes())
        except FileNotFoundError:
            return self._kept
        if not isinstance(found, Register):
            raise ValueError(f"{self._path} holds {type(found).__name__}")  # noqa: TRY004  # as what is no message at all
        self._kept = found
        return found

    def keep(self, hardware: Hardware, *, exactly: bool = False) -> None:
        """Before something is shown: see that the file is ahead of it."""
        kept = self._kept
        covered = hardware.stored_uj <= kept.stored_uj and hardware.back_uj <= kept.back_uj
        if exactly or not covered or _is_plugged(hardware) is not kept.plugged:
            self._write(_count(hardware, hardware.power_w if not exactly else 0.0))

    def _write(self, register: Register) -> None:
        new = self._path.with_suffix(".new")
        new.write_bytes(codec.encode(register))
        new.replace(self._path)  # never half of it
        self._kept = register


def _count(hardware: Hardware, power_w: float) -> Register:
    """What has been counted, and what flows in `AHEAD_S` of that power."""
    ahead_uj = max(LEAST_UJ, round(abs(power_w) * AHEAD_S * 1e6))
    return Register(
        stored_uj=hardware.stored_uj + (ahead_uj if power_w > 0 else 0),
        back_uj=hardware.back_uj + (ahead_uj if power_w < 0 else 0),
        plugged=_is_plugged(hardware),
    )


def _is_plugged(hardware: Hardware) -> bool:
    """Also where the car that was there has not spoken yet: the next successor owes it the same."""
    return hardware.car.plugged or hardware.counts_on


def go_on(hardware: Hardware, register: Register) -> None:
    """Count on from there. A car that was there before, and comes first, is no new one to the meter."""
    hardware.stored_uj = max(hardware.stored_uj, register.stored_uj)
    hardware.back_uj = max(hardware.back_uj, register.back_uj)
    hardware.counts_on = register.plugged and not hardware.car.plugged
