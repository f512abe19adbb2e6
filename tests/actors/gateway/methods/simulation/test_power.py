"""Tests for actors/gateway/methods/simulation/power.py: the power of a site fails and comes back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from actors.evse.messages import OutlivePowerLoss
from actors.gateway.rpc import Code, RpcError
from actors.simulation.plant.messages import CutPower, PowerFails
from actors.system.messages import ExpectPowerUp
from protocols.message import Failure, FailureReason, Reply
from tests.support.gateway_simulation import DEPLOY, LiveSite, drive, map_of

if TYPE_CHECKING:
    from pathlib import Path

SIL = map_of(DEPLOY / "sil-2evse.yaml")
BARE = map_of(DEPLOY / "minimal-ac.yaml")
DONE = Reply()


def real(number: int) -> Any:
    """The site, one EVSE of which has real hardware."""
    evses = (dataclasses.replace(each, plant=None) if each.evse == number else each for each in SIL.evses)
    return dataclasses.replace(SIL, evses=tuple(evses))


@pytest.mark.parametrize("keep", [True, False])
def test_everybody_is_told_before_the_power_fails(keep: bool) -> None:  # noqa: FBT001  # a column
    result, asked = drive(SIL, "power.cycle", [DONE] * 6, keep_transactions=keep)

    assert [(ask.name, ask.command) for ask in asked] == [
        ("evse_1/evse", OutlivePowerLoss(keep=keep)),
        ("evse_2/evse", OutlivePowerLoss(keep=keep)),
        ("plant:1", PowerFails()),
        ("plant:2", PowerFails()),
        ("system/main", ExpectPowerUp()),
        ("plant:1", CutPower(after_s=0.5)),
    ]
    assert result == {"cut_after_s": 0.5}


def test_a_site_without_a_station_has_nobody_to_tell() -> None:
    _result, asked = drive(BARE, "power.cycle", [DONE] * 3)

    assert [ask.name for ask in asked] == ["evse_1/evse", "plant:1", "plant:1"]


@pytest.mark.parametrize("site", [real(2), dataclasses.replace(SIL, evses=())])
def test_the_power_of_real_hardware_does_not_fail(site: Any) -> None:
    with pytest.raises(RpcError) as refused:
        drive(site, "power.cycle", [])

    assert refused.value.code is Code.NOT_SIMULATED


def test_the_power_stays_where_somebody_has_not_been_told() -> None:
    gone = Failure(reason=FailureReason.UNAVAILABLE, detail="nobody serves evse_2/evse")

    with pytest.raises(RpcError, match="nobody serves"):
        drive(SIL, "power.cycle", [DONE, gone])


@pytest.mark.parametrize(
    ("keep", "state", "reason"), [(True, "Charging", None), (False, "Finished", "PowerLoss")]
)
def test_a_transaction_goes_on_or_ends_when_the_power_is_back(
    tmp_path: Path,
    keep: bool,  # noqa: FBT001  # a column
    state: str,
    reason: str | None,
) -> None:
    """Row M6.23; a car whose transaction has ended has to be plugged in anew."""
    before = LiveSite(tmp_path)
    before.charge()
    before.wait(5.0)
    session, energy_uj = before.session.uuid, before.plant.stored_uj
    before.call("power.cycle", keep_transactions=keep)
    before.close()

    after = LiveSite(tmp_path)
    after.wait(5.0)

    stop = after.session.stop
    assert (after.state, after.session.uuid) == (state, session)
    assert (None if stop is None else stop.reason) == reason
    assert after.plant.stored_uj >= energy_uj
    after.close()
