"""Who decides about a token, state by state (row M10.11)."""

from datetime import timedelta
from itertools import product

import pytest

from actors.ocpp.blocks.authorization_entries import ListedToken
from actors.ocpp.blocks.authorization_rules import TABLE, Means, Reach, Standing, Verdict, means, standing
from actors.ocpp.blocks.boot import Acquaintance
from actors.ocpp.device_model import variables
from tests.support.ocpp_station import START, Station

S = Standing
V = Verdict


def test_the_table_has_every_standing_with_and_without_csms() -> None:
    assert set(TABLE) == set(product(Standing, (True, False)))


@pytest.mark.parametrize(
    ("kept", "online", "offline"),
    [
        (S.NOWHERE, V.ASK, V.UNKNOWN),
        (S.ACCEPTED, V.AS_KEPT, V.AS_KEPT),
        (S.REFUSED, V.ASK, V.AS_KEPT),
        (S.SETTLED, V.AS_KEPT, V.AS_KEPT),
        (S.EXPIRED, V.ASK, V.EXPIRED),
    ],
    ids=lambda each: each.name,
)
def test_row_m10_11_says_who_decides(kept: S, online: V, offline: V) -> None:
    assert (TABLE[kept, True], TABLE[kept, False]) == (online, offline)


@pytest.mark.parametrize(
    ("accepted", "expires_s", "settled", "stands"),
    [
        (None, None, False, S.NOWHERE),
        (True, None, True, S.ACCEPTED),
        (True, 1, False, S.ACCEPTED),
        (True, 0, False, S.EXPIRED),
        (False, None, False, S.REFUSED),
        (False, -1, False, S.REFUSED),
        (False, None, True, S.SETTLED),
    ],
)
def test_what_an_entry_says(
    expires_s: int | None, stands: S, *, accepted: bool | None, settled: bool
) -> None:
    expires_at = None if expires_s is None else START + timedelta(seconds=expires_s)
    entry = None
    if accepted is not None:
        entry = ListedToken(token="t", info="{}", accepted=accepted, expires_at=expires_at)

    assert standing(entry, START, settled=settled) is stands


def found(station: Station, reach: Reach = Reach.UNTRIED) -> Means:
    seen: list[Means] = []
    station.turn(lambda turn: seen.append(means(turn, reach)))
    return seen[0]


@pytest.fixture
def station() -> Station:
    station = Station(blocks=())
    station.was_accepted()
    station.connect()
    station.core.live.accepted = True
    return station


@pytest.mark.parametrize("pre_authorize", [True, False])
def test_online_local_pre_authorize_says_whether_lists_count(
    station: Station, *, pre_authorize: bool
) -> None:
    station.set(variables.LOCAL_PRE_AUTHORIZE, pre_authorize)

    assert found(station) == Means(asks=True, consults=pre_authorize, trusts_unknown=False)


def test_with_remote_authorization_disabled_only_lists_count(station: Station) -> None:
    station.set(variables.LOCAL_PRE_AUTHORIZE, value=False)
    station.set(variables.NO_REMOTE_AUTHORIZATION, value=True)

    assert found(station) == Means(asks=False, consults=True, trusts_unknown=False)


@pytest.mark.parametrize("authorize", [True, False])
@pytest.mark.parametrize("unknown", [True, False])
@pytest.mark.parametrize("why", ["disconnected", "not accepted", "stopped", "cut off"])
def test_offline_its_own_variables_hold(
    station: Station, why: str, *, unknown: bool, authorize: bool
) -> None:
    station.set(variables.LOCAL_AUTHORIZE_OFFLINE, authorize)
    station.set(variables.OFFLINE_UNKNOWN_IDS, unknown)
    if why == "disconnected":
        station.disconnect()
    elif why == "not accepted":
        station.core.live.accepted = False
    elif why == "stopped":
        station.core.live.stopped = True

    now = found(station, Reach.CUT_OFF if why == "cut off" else Reach.UNTRIED)

    assert now == Means(asks=False, consults=authorize, trusts_unknown=unknown)


@pytest.mark.parametrize("authorize", [True, False])
def test_a_silent_csms_makes_nobody_trust_the_unknown(station: Station, *, authorize: bool) -> None:
    station.set(variables.LOCAL_AUTHORIZE_OFFLINE, authorize)
    station.set(variables.OFFLINE_UNKNOWN_IDS, value=True)

    assert found(station, Reach.SILENT) == Means(asks=False, consults=authorize, trusts_unknown=False)


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("state", ["pending", "rejected", "never accepted"])
def test_a_station_without_acceptance_charges_nobody_unless_it_may(
    station: Station, state: str, *, online: bool, allowed: bool
) -> None:
    """B02, B03: who has not accepted the station may never want its transactions."""
    station.core.live.accepted = False
    if state == "never accepted":
        station.turn(lambda turn: turn.drop(Acquaintance, "ws://localhost:9000"))
    else:
        setattr(station.core.live, state, True)
    if not online:
        station.disconnect()
    station.set(variables.BEFORE_ACCEPTED, allowed)

    assert found(station) == Means(asks=False, consults=allowed, trusts_unknown=allowed)
