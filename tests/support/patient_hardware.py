"""Hardware that bears a longer silence than half a second; for whole sites in processes forked by a test.

Half a second without a word opens contactors and switches supplies off, rightly: on a busy machine somebody
may not have had a core by then, and the successors of two who die in turn less so. How soon they are there is
measured by `tests.benchmarks.evse_bench`; that power goes off is tried in tests/actors.
"""

import pytest

from actors.connector import demand
from actors.drivers.base import board, dc_supply
from actors.simulation.plant import hardware

PATIENCE_S = 10.0


@pytest.fixture
def patient_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever keeps power on waits so long for a word; to be asked for before the site is started."""
    for module in (hardware, board, dc_supply):
        monkeypatch.setattr(module, "WATCHDOG_S", PATIENCE_S)
    monkeypatch.setattr(demand, "LEASE_S", PATIENCE_S)
