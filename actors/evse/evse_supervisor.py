"""Supervisor of one EVSE: its manager, connectors, drivers and link to the car."""

from __future__ import annotations

from actors.engine.branch import Branch


class EvseSupervisor(Branch):
    """Child of the site, one per EVSE. When it cannot keep its subtree alive, this EVSE is given up for a
    while and the rest of the site works on. Its successor starts the same children anew.
    """
