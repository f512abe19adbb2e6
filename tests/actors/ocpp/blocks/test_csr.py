"""SignCertificate and CertificateSigned (A02, A03; rows S13.4, S13.11, M11.3 to M11.5, M11.7)."""

import json
from typing import Any

import pytest
from ocpp.v21 import call, call_result, enums

from actors.certificates import messages
from actors.ocpp.blocks import certificate_tables as tables
from actors.ocpp.blocks import csr, ocsp, security
from actors.ocpp.blocks.certificate_tables import LEAVES, Kind
from actors.ocpp.device_model import steering, variables
from actors.ocpp.device_model.steering import Steering
from actors.ocpp.entries import Queued
from actors.ocpp.inputs import Ask
from actors.ocpp.messages import CalledReply, Outcome
from protocols.interfaces import evse_security
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types import evse_security as types
from tests.support.ocpp_station import Station

VERSIONS = [Version.V21, Version.V201]
CRASHED = Failure(reason=FailureReason.CRASHED, detail="killed")
CSR = "-----BEGIN CERTIFICATE REQUEST-----\nMAo=\n-----END CERTIFICATE REQUEST-----\n"
CHAIN = "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n"
GENERATE = (evse_security.GenerateCertificateSigningRequest, messages.GenerateIso20SigningRequest)
Made = types.GetCertificateSignRequestStatus
Result = types.InstallCertificateResult
Use = enums.CertificateSigningUseEnumType
Status = enums.GenericStatusEnumType


def accept(station: Station) -> None:
    """The CSMS accepts our boot, in this life or in one before."""

    def accepted(turn: Any) -> None:
        turn.live.accepted = True

    station.turn(accepted)


def online(version: Version = Version.V21) -> Station:
    station = Station(blocks=(csr.BLOCK, ocsp.BLOCK, security.BLOCK), version=version, security_profile=3)
    station.set(variables.CSR_WAIT_MINIMUM, 30)
    station.set(variables.CSR_REPEATS, 2)
    station.connect()
    accept(station)
    station.effects.clear()
    return station


@pytest.fixture(params=VERSIONS, ids=str)
def station(request: pytest.FixtureRequest) -> Station:
    return online(request.param)


def back(station: Station) -> None:
    """It died and is there again, accepted as before."""
    station.restart()
    accept(station)


def sign(station: Station, kind: Kind = Kind.STATION) -> None:
    station.turn(lambda turn: csr.sign(turn, kind))


def trigger(station: Station, kind: Kind) -> str | None:
    """What hinders a triggered request."""
    hindrances: list[str | None] = []

    def ask(turn: Any) -> None:
        found = csr.trigger(turn, kind)
        hindrances.append(found and found.code)

    station.turn(ask)
    return hindrances[0]


def made(station: Station, status: Made = Made.ACCEPTED, text: str | None = CSR) -> None:
    """The store has made key and request."""
    result = types.GetCertificateSignRequestResult(status=status, csr=text)
    reply = evse_security.GenerateCertificateSigningRequestReply(result=result)
    station.reply(type(keys(station)[-1]), reply)


def requested(station: Station, kind: Kind = Kind.STATION) -> None:
    """A request that the CSMS has taken."""
    sign(station, kind)
    made(station)
    station.answered(call_result.SignCertificate(Status.accepted))


def signed(station: Station, kind: Use | None = None, request_id: int | None = None) -> Any:
    """The CSMS brings a certificate."""
    return station.request(call.CertificateSigned(CHAIN, kind, request_id=request_id))


def installed(station: Station, result: Result = Result.ACCEPTED) -> Any:
    """The store has judged it; how the CSMS was answered."""
    reply = evse_security.UpdateLeafCertificateReply(result=result)
    station.reply(evse_security.UpdateLeafCertificate, reply)
    return station.response()


def keys(station: Station) -> list[Any]:
    """The commands to make a key and a request, the last one last."""
    asks = [each.command for each in station.effects if isinstance(each, Ask)]
    return [each for each in asks if isinstance(each, GENERATE)]


def under_way(station: Station) -> dict[Kind, csr.Phase]:
    return {each.kind: each.phase for each in station.tables.all(csr.Signing).values()}


def ids(station: Station) -> list[int]:
    return [each["requestId"] for each in station.sent("SignCertificate")]


def events(station: Station) -> list[tuple[str, str]]:
    sent = (each.payload for each in station.tables.all(Queued).values())
    return [(each["type"], each["techInfo"]) for each in map(json.loads, sent)]


# -- the request ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            Kind.STATION,
            (variables.BOX_SERIAL_NUMBER, variables.CSMS_ORGANIZATION, variables.SECC_COUNTRY),
        ),
        (Kind.V2G, (variables.SECC_ID, variables.SECC_ORGANIZATION, variables.SECC_COUNTRY)),
        (Kind.V2G20, (variables.SECC_ID, variables.SECC_ORGANIZATION, variables.SECC_COUNTRY)),
    ],
)
def test_the_subject_is_made_of_variables(kind: Kind, names: tuple[Steering[str], ...]) -> None:
    station = online()

    sign(station, kind)

    (command,) = keys(station)
    subject = (command.common, command.organization, command.country)
    assert subject == tuple(map(station.model.read, names))  # M11.4
    assert not command.use_tpm


@pytest.mark.parametrize(
    ("kind", "leaf"),
    [(Kind.STATION, types.LeafCertificateType.CSMS), (Kind.V2G, types.LeafCertificateType.V2G)],
)
def test_a_key_is_made_for_the_leafs_hierarchy(
    station: Station, kind: Kind, leaf: types.LeafCertificateType
) -> None:
    sign(station, kind)

    (command,) = station.asks(evse_security.GenerateCertificateSigningRequest)
    assert command.certificate_type is leaf


def test_a_key_for_iso_15118_20_is_of_another_kind() -> None:
    station = online()

    sign(station, Kind.V2G20)

    assert len(station.asks(messages.GenerateIso20SigningRequest)) == 1


@pytest.mark.parametrize("kind", [Kind.STATION, Kind.V2G])
def test_the_request_goes_out_with_its_kind(station: Station, kind: Kind) -> None:
    sign(station, kind)
    made(station)

    (sent,) = station.sent("SignCertificate")
    assert (sent["csr"], sent["certificateType"]) == (CSR, kind.value)  # S13.11
    assert ("requestId" in sent) == (station.version is Version.V21)


def test_a_request_for_iso_15118_20_goes_out_by_ocpp_21() -> None:
    station = online()

    sign(station, Kind.V2G20)
    made(station)

    assert station.sent("SignCertificate")[0]["certificateType"] == "V2G20Certificate"


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("part", ["common_name", "organization", "country"])
def test_without_a_part_of_the_subject_nothing_is_asked(
    kind: Kind, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = online()
    monkeypatch.setattr(tables, "LEAVES", {kind: _without(LEAVES[kind], part)})

    sign(station, kind)

    assert not keys(station)  # M11.4
    assert "subject_incomplete" in station.notes()
    assert under_way(station) == {kind: csr.Phase.IDLE}


def _without(leaf: Any, part: str) -> Any:
    values = {name: getattr(leaf, name) for name in leaf.__slots__}
    return type(leaf)(**values | {part: steering.text("InternalCtrlr", "NobodyKnows", None)})


def test_keys_may_be_wanted_in_a_chip(station: Station) -> None:
    station.set(LEAVES[Kind.V2G].in_chip, value=True)

    sign(station, Kind.V2G)
    sign(station, Kind.STATION)

    assert [each.use_tpm for each in keys(station)] == [True]


@pytest.mark.parametrize("status", [each for each in Made if each is not Made.ACCEPTED], ids=str)
def test_a_request_that_cannot_be_made_is_a_security_event(station: Station, status: Made) -> None:
    sign(station)

    made(station, status, None)

    assert events(station) == [(csr.NOT_GENERATED, f"ChargingStationCertificate: {status.value}")]  # M11.3
    assert under_way(station) == {Kind.STATION: csr.Phase.IDLE}


def test_an_accepted_request_without_text_is_none(station: Station) -> None:
    sign(station)

    made(station, text=None)

    assert not station.sent("SignCertificate")


def test_a_store_that_died_is_asked_again(station: Station) -> None:
    sign(station)

    station.reply(evse_security.GenerateCertificateSigningRequest, CRASHED)
    assert station.timers()["csr"] == 30.0
    station.later(30)
    station.fire("csr")

    assert len(keys(station)) == 2


# -- one at a time, and again --------------------------------------------------------------------------------


def test_one_request_is_open_at_a_time(station: Station) -> None:
    sign(station, Kind.STATION)
    sign(station, Kind.V2G)
    sign(station, Kind.STATION)
    made(station)

    assert len(keys(station)) == 1  # M11.3
    assert under_way(station) == {Kind.STATION: csr.Phase.SENT, Kind.V2G: csr.Phase.WAITING}


def test_the_next_one_follows_the_certificate(station: Station) -> None:
    requested(station, Kind.STATION)
    sign(station, Kind.V2G)

    signed(station, Use.charging_station_certificate)
    installed(station)

    assert under_way(station) == {Kind.STATION: csr.Phase.IDLE, Kind.V2G: csr.Phase.MAKING}


def test_a_certificate_that_nobody_waits_for_is_not_asked_for_later(station: Station) -> None:
    requested(station, Kind.STATION)
    sign(station, Kind.V2G)

    signed(station, Use.v2g_certificate)
    installed(station)

    assert under_way(station) == {Kind.STATION: csr.Phase.SENT, Kind.V2G: csr.Phase.IDLE}
    assert "csr" in station.timers()


def test_waits_double_until_it_is_given_up(station: Station) -> None:
    waits = []
    requested(station)
    while "csr" in station.timers():
        waits.append(station.timers()["csr"])
        station.later(waits[-1])
        station.effects.clear()
        station.fire("csr")
        if keys(station):
            made(station)
            station.answered(call_result.SignCertificate(Status.accepted))

    assert waits == [30.0, 60.0, 120.0]  # M11.3, A02.FR.17 to FR.19
    assert "csr_given_up" in station.notes()
    assert under_way(station) == {Kind.STATION: csr.Phase.IDLE}


@pytest.mark.parametrize(("minimum_s", "wait_s"), [(0, 10.0), (10, 10.0), (11, 11.0), (30, 30.0)])
def test_the_first_wait_is_ten_seconds_at_least(station: Station, minimum_s: int, wait_s: float) -> None:
    station.set(variables.CSR_WAIT_MINIMUM, minimum_s)

    requested(station)

    assert station.timers()["csr"] == wait_s  # M11.3


def test_no_wait_is_longer_than_a_week(station: Station) -> None:
    station.set(variables.CSR_WAIT_MINIMUM, 10_000_000)

    requested(station)

    assert station.timers()["csr"] == csr.LONGEST_WAIT_S


def test_every_attempt_has_a_new_key(station: Station) -> None:
    requested(station)

    station.fire("csr")

    assert len(keys(station)) == 2  # A02.FR.03


def test_a_refused_request_is_not_repeated(station: Station) -> None:
    sign(station)
    made(station)

    station.answered(call_result.SignCertificate(Status.rejected))

    assert "csr_rejected" in station.notes()
    assert "csr" not in station.timers()


@pytest.mark.parametrize(
    ("outcome", "payload"),
    [
        (Outcome.REFUSED, ""),
        (Outcome.INVALID, ""),
        (Outcome.TIMEOUT, ""),
        (Outcome.LOST, ""),
        (Outcome.NOT_SENT, ""),
        (Outcome.ANSWERED, '{"status":"Maybe"}'),
    ],
)
def test_without_an_answer_the_wait_goes_on(station: Station, outcome: Outcome, payload: str) -> None:
    sign(station)
    made(station)

    station.ended(outcome, payload=payload)

    assert "csr_not_answered" in station.notes()
    assert station.timers()["csr"] == 30.0


@pytest.mark.parametrize("before", [False, True])
def test_a_timer_without_a_request_does_nothing(
    station: Station,
    before: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    if before:
        sign(station)
    station.effects.clear()

    station.fire("csr")

    assert not keys(station)


# -- offline and kills ---------------------------------------------------------------------------------------


def test_offline_nothing_is_asked_until_the_csms_is_back(station: Station) -> None:
    station.disconnect()

    sign(station)
    assert not keys(station)
    station.connect()

    assert len(keys(station)) == 1


def test_before_the_boot_is_accepted_nothing_is_asked() -> None:
    station = Station(blocks=(csr.BLOCK, security.BLOCK))
    station.connect()
    sign(station)
    assert not keys(station)

    accept(station)

    assert len(keys(station)) == 1


def test_a_request_made_while_the_line_broke_is_made_anew(station: Station) -> None:
    sign(station)
    station.disconnect()
    made(station)
    assert not station.sent("SignCertificate")

    station.connect()
    made(station)

    assert len(station.sent("SignCertificate")) == 1


def test_of_two_requests_made_one_is_sent(station: Station) -> None:
    sign(station)
    station.disconnect()
    station.connect()

    made(station)
    made(station)

    assert len(station.sent("SignCertificate")) == 1


def test_the_wait_stops_without_a_connection_and_goes_on_with_one(station: Station) -> None:
    requested(station)
    station.disconnect()
    assert "csr" not in station.timers()  # M11.1
    station.later(12)

    station.connect()

    assert station.timers()["csr"] == 18.0


def test_a_kill_while_the_key_is_made_makes_another(station: Station) -> None:
    sign(station)

    back(station)

    assert len(keys(station)) == 1


def test_a_kill_while_the_csms_signs_keeps_the_wait(station: Station) -> None:
    requested(station)
    station.later(10)

    back(station)

    assert not keys(station)
    assert station.timers()["csr"] == 20.0


def test_a_kill_keeps_who_waits_for_its_turn(station: Station) -> None:
    requested(station, Kind.STATION)
    sign(station, Kind.V2G)
    back(station)

    signed(station, Use.charging_station_certificate)
    installed(station)

    (command,) = keys(station)
    assert command.certificate_type is types.LeafCertificateType.V2G


def test_a_kill_while_the_store_installs_installs_again(station: Station) -> None:
    requested(station)
    request = call.CertificateSigned(CHAIN)
    station.request(request, "again")
    back(station)

    station.request(request, "again")

    assert installed(station) == {"status": "Accepted"}


def test_a_doubled_certificate_is_answered_from_memory(station: Station) -> None:
    requested(station)
    request = call.CertificateSigned(CHAIN)
    station.request(request, "twice")
    installed(station)

    assert station.request(request, "twice") == {"status": "Accepted"}
    assert len(station.asks(evse_security.UpdateLeafCertificate)) == 1


# -- the certificate -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", list(Result), ids=str)
def test_what_the_store_made_of_a_leaf_is_answered(station: Station, result: Result) -> None:
    requested(station)
    signed(station, Use.charging_station_certificate)

    answer = installed(station, result)

    good = result is Result.ACCEPTED
    assert answer["status"] == ("Accepted" if good else "Rejected")  # S13.4, A02.FR.06
    assert ("statusInfo" in answer) == (not good)
    bad = [] if good else [(csr.INVALID, f"ChargingStationCertificate: {result.value}")]
    assert events(station) == bad  # M11.5, A02.FR.07
    assert under_way(station) == {Kind.STATION: csr.Phase.IDLE}
    assert "csr" not in station.timers()


@pytest.mark.parametrize(
    ("open_kind", "named", "leaf"),
    [
        (None, None, types.LeafCertificateType.CSMS),
        (None, Use.v2g_certificate, types.LeafCertificateType.V2G),
        (Kind.V2G, None, types.LeafCertificateType.V2G),
        (Kind.STATION, None, types.LeafCertificateType.CSMS),
        (Kind.STATION, Use.v2g_certificate, types.LeafCertificateType.V2G),
        (Kind.V2G, Use.charging_station_certificate, types.LeafCertificateType.CSMS),
    ],
)
def test_a_certificate_goes_where_its_type_says(
    station: Station, open_kind: Kind | None, named: Use | None, leaf: types.LeafCertificateType
) -> None:
    if open_kind is not None:
        requested(station, open_kind)

    signed(station, named)

    (command,) = station.asks(evse_security.UpdateLeafCertificate)
    assert (command.certificate_chain, command.certificate_type) == (CHAIN, leaf)


@pytest.mark.parametrize("named", [None, Use.v2g20_certificate])
def test_a_request_id_says_whose_certificate_it_is(named: Use | None) -> None:
    station = online()
    requested(station, Kind.V2G20)

    signed(station, named, ids(station)[0])

    (command,) = station.asks(evse_security.UpdateLeafCertificate)
    assert command.certificate_type is types.LeafCertificateType.V2G


@pytest.mark.parametrize(("named", "strange"), [(Use.v2g_certificate, False), (None, True)])
def test_a_request_id_that_does_not_fit_is_refused(
    named: Use | None,
    strange: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    station = online()
    requested(station)

    answer = signed(station, named, 4711 if strange else ids(station)[0])

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "NotFound")
    assert not station.asks(evse_security.UpdateLeafCertificate)


def test_a_certificate_for_an_earlier_attempt_is_taken() -> None:
    station = online()
    requested(station)
    station.fire("csr")
    made(station)

    signed(station, None, ids(station)[0])

    assert installed(station) == {"status": "Accepted"}


def test_the_last_request_ids_are_remembered() -> None:
    station = online()
    station.set(variables.CSR_REPEATS, 20)
    requested(station)
    for _ in range(csr.MOST_IDS):
        station.fire("csr")
        made(station)
        station.answered(call_result.SignCertificate(Status.accepted))

    assert signed(station, None, ids(station)[0])["status"] == "Rejected"
    assert signed(station, None, ids(station)[1]) is None


@pytest.mark.parametrize(("longest", "refused"), [(len(CHAIN) - 1, True), (len(CHAIN), False)])
def test_a_chain_that_is_too_long_is_refused(
    station: Station,
    longest: int,
    refused: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    station.set(variables.MAX_CHAIN_SIZE, longest)

    answer = signed(station)

    assert (answer is not None) == refused  # A02.FR.16
    assert not refused or answer["statusInfo"]["reasonCode"] == "TooLargeElement"


def test_without_a_bound_of_ours_the_standards_holds(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csr, "LONGEST_CHAIN", len(CHAIN) - 1)
    unknown = steering.integer("SecurityCtrlr", "NobodyKnows", None)
    monkeypatch.setattr(variables, "MAX_CHAIN_SIZE", unknown)

    assert signed(station)["status"] == "Rejected"


def test_a_store_that_does_not_judge_ends_nothing(station: Station) -> None:
    requested(station)
    signed(station)

    station.reply(evse_security.UpdateLeafCertificate, CRASHED)

    answer = station.response()
    assert not isinstance(answer, CalledReply)
    assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "InternalError"}}
    assert not events(station)
    assert station.timers()["csr"] == 30.0


@pytest.mark.parametrize(
    ("kind", "asked"), [(Use.charging_station_certificate, False), (Use.v2g_certificate, True)]
)
def test_a_new_v2g_leaf_has_its_chain_asked_about(
    station: Station,
    kind: Use,
    asked: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    signed(station, kind)

    installed(station)

    assert ("ocsp" in station.timers()) == asked  # M11.5


# -- triggered -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "installation", "pnc", "hindrance"),
    [
        (Kind.STATION, False, False, None),
        (Kind.V2G, True, False, None),
        (Kind.V2G, False, True, "NotEnabled"),
        (Kind.V2G20, True, False, None),
        (Kind.V2G20, False, True, "NotEnabled"),
    ],
)
def test_v2g_certificates_are_triggered_where_they_are_enabled(
    kind: Kind,
    installation: bool,  # noqa: FBT001  # one of the parameters
    pnc: bool,  # noqa: FBT001  # as above
    hindrance: str | None,
) -> None:
    station = online()
    station.set(variables.V2G_INSTALLATION, installation)
    station.set(variables.PNC_ENABLED, pnc)

    assert trigger(station, kind) == hindrance  # M11.7
    assert len(keys(station)) == (hindrance is None)


@pytest.mark.parametrize(("pnc", "hindrance"), [(True, None), (False, "NotEnabled")])
def test_where_nothing_is_said_plug_and_charge_decides(
    pnc: bool,  # noqa: FBT001  # one of the parameters
    hindrance: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    station = online()
    station.set(variables.PNC_ENABLED, pnc)
    unknown = steering.boolean("ISO15118Ctrlr", "NobodyKnows", default=None)
    monkeypatch.setattr(variables, "V2G_INSTALLATION", unknown)

    assert trigger(station, Kind.V2G) == hindrance  # S21.4


def test_a_trigger_without_a_subject_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    station = online()
    monkeypatch.setattr(tables, "LEAVES", {Kind.STATION: _without(LEAVES[Kind.STATION], "country")})

    assert trigger(station, Kind.STATION) == "MissingDevModelInfo"


def test_a_trigger_begins_anew_what_is_under_way(station: Station) -> None:
    requested(station)
    station.fire("csr")
    made(station)

    assert trigger(station, Kind.STATION) is None
    made(station)

    assert station.timers()["csr"] == 30.0
    assert len(keys(station)) == 3


def test_a_trigger_while_the_key_is_made_makes_no_other(station: Station) -> None:
    sign(station)

    assert trigger(station, Kind.STATION) is None

    assert len(keys(station)) == 1


def pending() -> Station:
    """The CSMS is there and has not accepted us yet."""
    station = Station(blocks=(csr.BLOCK, security.BLOCK))
    station.connect()

    def pend(turn: Any) -> None:
        turn.live.pending = True

    station.turn(pend)
    return station


def test_what_the_csms_wants_goes_out_while_it_keeps_us_pending() -> None:
    station = pending()

    assert trigger(station, Kind.STATION) is None
    made(station)

    assert len(station.sent("SignCertificate")) == 1  # B02.FR.02


def test_what_we_want_waits_until_the_boot_is_accepted() -> None:
    station = pending()
    sign(station, Kind.V2G)

    assert trigger(station, Kind.STATION) is None

    assert under_way(station) == {Kind.V2G: csr.Phase.WAITING, Kind.STATION: csr.Phase.MAKING}


def test_a_successor_does_not_go_on_before_it_is_accepted() -> None:
    station = pending()
    trigger(station, Kind.STATION)

    station.restart()
    assert not keys(station)
    accept(station)

    assert len(keys(station)) == 1
