"""Tests for actors/evse/sessions.py: what the link is told of a session (row M5.7)."""

from __future__ import annotations

import pytest

from actors.v2g.messages import Evidence
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types import evse_manager as types
from tests.support.evse import Bench


@pytest.mark.parametrize("suffix", ["session_uuid", "bay-4"])
def test_the_talks_of_a_session_are_written_down_where_it_is_configured(suffix: str) -> None:
    bench = Bench(
        ac_hlc_enabled=True,
        session_logging=True,
        session_logging_path="/var/log/evsite",
        session_logging_xml=False,
        logfile_suffix=suffix,
    )
    bench.ready()

    bench.plug()
    wanted = bench.session.uuid if suffix == "session_uuid" else suffix
    bench.unplug()

    assert bench.told(Evidence) == [
        Evidence(path="/var/log/evsite", suffix=wanted, in_full=False),
        Evidence(),
    ]


def test_a_new_link_is_told_where_its_talks_go() -> None:
    bench = Bench(ac_hlc_enabled=True, session_logging=True, session_logging_path="/var/log/evsite")
    bench.ready()
    bench.plug()
    bench.forget()

    bench.take(bench.core.link_started("link#7", bench.now))

    assert [each.suffix for each in bench.told(Evidence)] == [bench.session.uuid]


def test_a_link_that_keeps_evidence_by_itself_is_told_whose_it_is() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    session = bench.session.uuid
    bench.unplug()

    assert bench.told(Evidence) == [Evidence(path=None, suffix=session), Evidence(path=None)]


def test_an_evse_without_meter_or_modem_charges_all_the_same() -> None:
    bench = Bench(has_meter=False, has_slac=False)
    bench.start()
    bench.outlet()
    bench.plug()

    bench.grant()
    bench.stop()

    (started,) = [each.transaction_started for each in bench.session_events if each.transaction_started]
    assert started.meter_value.energy_wh_import.total_wh == 0
    assert bench.events[-1] == "TransactionFinished"


def test_what_was_known_of_a_car_is_forgotten_when_it_is_gone() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    assert not bench.published(evse_manager.EvInfo)
    bench.car(charger.AcEamount(energy_wh=5000.0))

    bench.unplug()

    assert [each.ev_info for each in bench.published(evse_manager.EvInfo)] == [
        types.EVInfo(remaining_energy_needed_wh=5000.0),
        types.EVInfo(),
    ]
