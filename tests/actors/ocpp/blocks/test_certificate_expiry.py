"""When leaves are looked at and renewed (A03; rows S18.1 to S18.6, S21.4, S21.10, S21.11, M11.1, M11.2)."""

from typing import Any

import pytest

from actors.ocpp.blocks import certificate_expiry, csr
from actors.ocpp.blocks.certificate_tables import Kind
from actors.ocpp.device_model import steering, variables
from protocols.interfaces import evse_security
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types.evse_security import LeafCertificateType as Leaf
from tests.support.ocpp_station import Station

VERSIONS = [Version.V21, Version.V201]
CRASHED = Failure(reason=FailureReason.CRASHED, detail="killed")
HALF_DAY_S = 43_200.0
BOTH = {"expiry ChargingStationCertificate", "expiry V2GCertificate"}


def accept(station: Station) -> None:
    """The CSMS accepts our boot, in this life or in one before."""

    def accepted(turn: Any) -> None:
        turn.live.accepted = True

    station.turn(accepted)


def online(version: Version = Version.V21, security_profile: int = 3) -> Station:
    blocks = (certificate_expiry.BLOCK, csr.BLOCK)
    station = Station(blocks=blocks, version=version, security_profile=security_profile)
    station.connect()
    accept(station)
    return station


@pytest.fixture(params=VERSIONS, ids=str)
def station(request: pytest.FixtureRequest) -> Station:
    return online(request.param)


def back(station: Station) -> None:
    """It died and is there again, accepted as before."""
    station.restart()
    accept(station)


def timers(station: Station) -> dict[str, float]:
    return {name: left for name, left in station.timers().items() if name in BOTH}


def look(station: Station, kind: Kind, days: int | None = None) -> None:
    """The time to look has come; so many days are left, or nothing is said of them."""
    station.fire(f"expiry {kind.value}")
    if days is not None:
        reply = evse_security.GetLeafExpiryDaysCountReply(days=days)
        station.reply(evse_security.GetLeafExpiryDaysCount, reply)


def looked(station: Station) -> list[Leaf]:
    return [each.certificate_type for each in station.asks(evse_security.GetLeafExpiryDaysCount)]


def renewed(station: Station) -> list[Leaf]:
    commands = station.asks(evse_security.GenerateCertificateSigningRequest)
    return [each.certificate_type for each in commands]


# -- when ----------------------------------------------------------------------------------------------------


def test_both_leaves_are_looked_at_a_minute_after_acceptance(station: Station) -> None:
    assert timers(station) == dict.fromkeys(BOTH, 60.0)  # S18.1, S18.2


def test_a_boot_that_is_not_accepted_starts_nothing() -> None:
    station = Station(blocks=(certificate_expiry.BLOCK, csr.BLOCK))

    station.connect()

    assert not timers(station)  # S18.2


@pytest.mark.parametrize("days", [0, 29, 30, 400])
@pytest.mark.parametrize("kind", [Kind.STATION, Kind.V2G])
def test_the_next_look_is_twelve_hours_later(station: Station, kind: Kind, days: int) -> None:
    look(station, kind, days)

    assert timers(station)[f"expiry {kind.value}"] == HALF_DAY_S  # S18.6


def test_delays_and_intervals_are_variables(station: Station) -> None:
    station.set(variables.CLIENT_CHECK_DELAY, 100)
    station.set(variables.V2G_CHECK_DELAY, 200)
    station.set(variables.V2G_CHECK_INTERVAL, 50_000)
    station.options["site_life"] = "another"

    back(station)
    look(station, Kind.V2G, 100)

    assert timers(station) == {  # S21.11
        "expiry ChargingStationCertificate": 100.0,
        "expiry V2GCertificate": 50_000.0,
    }


def test_the_timers_stop_without_a_connection(station: Station) -> None:
    station.disconnect()

    assert not timers(station)  # M11.1


def test_the_timers_go_on_where_they_were(station: Station) -> None:
    station.later(20)
    station.disconnect()
    station.later(20)

    station.connect()

    assert timers(station) == dict.fromkeys(BOTH, 20.0)  # M11.1


def test_a_look_that_was_missed_is_made_up_for(station: Station) -> None:
    station.disconnect()
    station.later(3600)

    station.connect()

    assert timers(station) == dict.fromkeys(BOTH, 0.0)


def test_a_kill_keeps_the_time_of_the_next_look(station: Station) -> None:
    look(station, Kind.STATION, 100)
    station.later(1000)

    back(station)

    assert timers(station) == {
        "expiry ChargingStationCertificate": HALF_DAY_S - 1000,
        "expiry V2GCertificate": 0.0,
    }


def test_a_kill_in_the_midst_of_a_look_repeats_it(station: Station) -> None:
    station.later(60)
    look(station, Kind.V2G)

    back(station)

    assert timers(station)["expiry V2GCertificate"] == 0.0


def test_a_new_life_of_the_site_looks_after_a_minute(station: Station) -> None:
    look(station, Kind.STATION, 100)
    station.options["site_life"] = "another"

    back(station)

    assert timers(station) == dict.fromkeys(BOTH, 60.0)  # S18.2


def test_a_clock_that_was_set_back_delays_by_the_interval_at_most(station: Station) -> None:
    station.later(-10_000_000)

    back(station)

    assert timers(station) == dict.fromkeys(BOTH, HALF_DAY_S)


# -- what ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kind.STATION, Kind.V2G])
@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, True), (1, True), (29, True), (30, False), (31, False), (4000, False)],
)
def test_less_than_thirty_days_are_too_few(
    station: Station,
    kind: Kind,
    days: int,
    expected: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    look(station, kind, days)

    leaf = Leaf.CSMS if kind is Kind.STATION else Leaf.V2G
    assert looked(station) == [leaf]
    assert renewed(station) == [leaf] * expected  # M11.2, S18.3


@pytest.mark.parametrize(("days", "expected"), [(0, True), (1, False)])
def test_without_a_threshold_a_leaf_is_used_to_its_end(
    station: Station,
    days: int,
    expected: bool,  # noqa: FBT001  # one of the parameters
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    none = steering.integer("InternalCtrlr", "CertificateRenewalThreshold", 0)
    monkeypatch.setattr(certificate_expiry, "THRESHOLD_DAYS", none)

    look(station, Kind.V2G, days)

    assert (renewed(station) != []) == expected  # S21.10


@pytest.mark.parametrize(("security_profile", "wanted"), [(0, False), (1, False), (2, False), (3, True)])
def test_the_csms_leaf_matters_in_security_profile_three(
    security_profile: int,
    wanted: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    station = online(security_profile=security_profile)

    look(station, Kind.STATION)

    assert (looked(station) == [Leaf.CSMS]) == wanted  # S18.4
    assert wanted or timers(station)["expiry ChargingStationCertificate"] == HALF_DAY_S  # S18.6


@pytest.mark.parametrize(
    ("pnc", "installation", "wanted"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_the_secc_leaf_matters_with_plug_and_charge(
    pnc: bool,  # noqa: FBT001  # one of the parameters
    installation: bool,  # noqa: FBT001  # as above
    wanted: bool,  # noqa: FBT001  # as above
) -> None:
    station = online()
    station.set(variables.PNC_ENABLED, pnc)
    station.set(variables.V2G_INSTALLATION, installation)

    look(station, Kind.V2G)

    assert (looked(station) == [Leaf.V2G]) == wanted  # S18.5, S21.4
    assert wanted or timers(station)["expiry V2GCertificate"] == HALF_DAY_S  # M11.1


def test_where_nothing_is_said_plug_and_charge_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    station = online()
    unknown = steering.boolean("ISO15118Ctrlr", "NobodyKnows", default=None)
    monkeypatch.setattr(variables, "V2G_INSTALLATION", unknown)

    look(station, Kind.V2G)

    assert looked(station) == [Leaf.V2G]  # S21.4


def test_without_word_of_the_link_no_csms_leaf_is_looked_at() -> None:
    station = online()
    station.core.live.link = None

    look(station, Kind.STATION)

    assert not looked(station)


def test_a_store_that_does_not_answer_is_asked_again_soon(station: Station) -> None:
    look(station, Kind.V2G)

    station.reply(evse_security.GetLeafExpiryDaysCount, CRASHED)

    assert timers(station)["expiry V2GCertificate"] == certificate_expiry.AGAIN_S
    assert not renewed(station)


def test_both_leaves_are_renewed_one_after_the_other(station: Station) -> None:
    look(station, Kind.STATION, 0)
    look(station, Kind.V2G, 0)

    phases = {each.kind: each.phase for each in station.tables.all(csr.Signing).values()}
    assert phases == {Kind.STATION: csr.Phase.MAKING, Kind.V2G: csr.Phase.WAITING}  # S18.1, M11.3
