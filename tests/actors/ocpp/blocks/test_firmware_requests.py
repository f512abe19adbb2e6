"""UpdateFirmware, until it has begun or not (L01, L02; rows S12.3, S13.5, M15.4)."""

from datetime import timedelta
from typing import Any

import pytest

from actors.ocpp import inputs
from actors.ocpp.blocks import firmware_requests
from actors.ocpp.blocks.firmware import AGAIN_S
from actors.ocpp.blocks.firmware_entries import Stage, Update, Wanted
from protocols.interfaces import evse_security, system
from protocols.ocpp import times
from protocols.ocpp.version import Version
from protocols.types.evse_security import CertificateValidationResult, LeafCertificateType
from protocols.types.system import FirmwareUpdateRequest
from protocols.types.system import FirmwareUpdateStatusEnum as P
from tests.support.ocpp_firmware import FETCHED, LOST, SIGNED, VALID, VERSIONS, R, leave, made, request
from tests.support.ocpp_station import START

# -- the request ---------------------------------------------------------------------------------------------


@VERSIONS
def test_a_request_is_passed_on_when_its_certificate_is_good(version: Version) -> None:
    """S12.3, S13.5, M15.4."""
    station = made(version)
    later = times.text_of(START + timedelta(hours=1))
    wanted = request(signed=True, retries=2, retry_interval=30, firmware={"install_date_time": later})

    assert station.request(wanted) is None
    (question,) = station.asks(evse_security.VerifyCertificate)
    assert (question.certificate_chain, question.certificate_types) == ("PEM", (LeafCertificateType.MF,))
    assert station.asks(system.UpdateFirmware) == []
    station.vouch()

    assert station.take() == {"status": "Accepted"}
    (command,) = station.asks(system.UpdateFirmware)
    assert command.firmware_update_request == FirmwareUpdateRequest(
        retries=3,
        retry_interval_s=30,
        request_id=9,
        location="http://images.example/one",
        retrieve_timestamp=START,
        install_timestamp=START + timedelta(hours=1),
        signing_certificate="PEM",
        signature="c2ln",
    )


def test_the_system_is_given_the_time_to_verify_as_well() -> None:
    station = made()
    station.request(request())

    asks = [each for each in station.effects if isinstance(each, inputs.Ask)]

    assert [each.deadline_s for each in asks if isinstance(each.command, system.UpdateFirmware)] == [60.0]


def test_an_image_without_signature_needs_no_certificate() -> None:
    """L02."""
    station = made()

    assert station.asked() == {"status": "Accepted"}
    assert station.asks(evse_security.VerifyCertificate) == []


@pytest.mark.parametrize("result", [each for each in CertificateValidationResult if each is not VALID])
def test_a_certificate_nobody_vouches_for_is_refused(result: CertificateValidationResult) -> None:
    """S13.5, L01.FR.02, FR.21."""
    station = made()
    station.request(request(signed=True))

    station.vouch(result)

    answer: Any = station.response()
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == (
        "InvalidCertificate",
        "InvalidCertificate",
    )
    assert station.events() == ["InvalidFirmwareSigningCertificate"]
    assert station.asks(system.UpdateFirmware) == []
    assert station.tables.get(Update) is None


@pytest.mark.parametrize("response", [R.INVALID_CERTIFICATE, R.REVOKED_CERTIFICATE])
def test_a_system_may_know_more_of_a_certificate(response: R) -> None:
    station = made()

    assert station.asked(signed=True, response=response) == {"status": response.value}
    assert station.events() == ["InvalidFirmwareSigningCertificate"]
    assert station.tables.get(Update) is None


@pytest.mark.parametrize("response", [R.ACCEPTED, R.ACCEPTED_CANCELED, R.REJECTED])
def test_the_answer_of_the_system_is_the_answer(response: R) -> None:
    station = made()

    assert station.asked(response=response) == {"status": response.value}
    assert (station.tables.get(Update) is None) is (response is R.REJECTED)
    assert station.events() == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"retrieve_date_time": "soon"}, "InvalidValue"),
        ({"install_date_time": "2026-13-01T00:00:00Z"}, "InvalidValue"),
        ({"signature": "c2ln"}, "MissingParam"),
        ({"signing_certificate": "PEM"}, "MissingParam"),
    ],
)
def test_what_makes_no_sense_is_rejected_at_once(fields: dict[str, str], code: str) -> None:
    station = made()

    answer: Any = station.request(request(firmware=fields))

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert not station.asks(evse_security.VerifyCertificate)
    assert not station.asks(system.UpdateFirmware)


@pytest.mark.parametrize("who", [evse_security.VerifyCertificate, system.UpdateFirmware])
def test_who_is_needed_and_not_there_makes_it_rejected(who: type) -> None:
    station = made()
    station.request(request(signed=True))
    if who is system.UpdateFirmware:
        station.vouch()

    station.reply(who, LOST)

    answer: Any = station.response()
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InternalError")


def test_an_update_that_is_being_installed_is_not_given_up() -> None:
    """L01.FR.27."""
    station = made()
    station.asked()
    station.goes(*FETCHED)
    station.confirm()

    answer = station.asked(10, R.REJECTED)

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "FwUpdateInProgress")
    assert station.stage() is Stage.ALLOWED


def test_a_newer_update_gives_the_evses_back_until_it_is_there() -> None:
    """L01.FR.24."""
    station = made()
    evse = station.charging()
    station.asked()
    station.goes(*FETCHED)
    assert station.holds() == [(2, "Disable")]

    assert station.asked(10, R.ACCEPTED_CANCELED)["status"] == "AcceptedCanceled"

    assert station.holds() == [(2, "Disable"), (2, "Unassigned")]
    leave(evse)
    assert station.allowed() == 0
    station.goes(*FETCHED, request_id=10)
    station.confirm()
    assert station.allowed() == 1


# -- asked, and not answered ---------------------------------------------------------------------------------


@pytest.mark.parametrize("by_history", [False, True])
def test_an_update_begun_while_we_were_dead_is_installed(*, by_history: bool) -> None:
    """`system` had taken it, its answer was lost, and the CSMS does not ask again."""
    station = made()
    station.request(request(signed=True))
    station.vouch()
    station.die()

    (station.history if by_history else station.goes)(*SIGNED)
    station.confirm()

    assert station.allowed() == 1
    assert station.told() == [("Downloading", 9), ("Downloaded", 9), ("SignatureVerified", 9)]
    assert station.tables.all(Wanted) == {}


def test_it_waits_for_its_time_as_it_was_asked() -> None:
    station = made()
    station.request(request(firmware={"install_date_time": times.text_of(START + timedelta(hours=1))}))
    station.die()

    station.goes(*FETCHED)

    assert station.timers()["firmware"] == 3600


def test_who_hears_nothing_of_what_was_asked_asks_again() -> None:
    station = made()
    station.request(request())
    station.die()
    station.history(*FETCHED, request_id=8)
    assert station.asks(system.UpdateFirmware) == []

    for reply in (LOST, system.UpdateFirmwareReply(response=R.ACCEPTED)):
        assert station.timers()["firmware_wanted"] == firmware_requests.AGAIN_S
        station.fire("firmware_wanted")
        station.reply(system.UpdateFirmware, reply)
    station.goes(*FETCHED)
    station.confirm()

    first, second = station.asks(system.UpdateFirmware)
    assert first == second
    assert first.firmware_update_request.request_id == 9
    assert station.allowed() == 1


def test_a_refusal_that_nobody_waits_for_is_the_end_of_it() -> None:
    station = made()
    station.request(request())
    station.die()
    station.fire("firmware_wanted")

    station.reply(system.UpdateFirmware, system.UpdateFirmwareReply(response=R.REVOKED_CERTIFICATE))
    station.fire("firmware_wanted")

    assert len(station.asks(system.UpdateFirmware)) == 1
    assert (station.tables.all(Update), station.tables.all(Wanted)) == ({}, {})
    assert station.events() == ["InvalidFirmwareSigningCertificate"]


def test_a_number_used_before_says_nothing_of_the_new_request() -> None:
    """Its answer does."""
    station = made()
    station.closing()
    station.goes(P.INSTALLING, P.INSTALLATION_FAILED)
    before = station.told()
    station.request(request())
    station.die()

    station.history(*FETCHED, P.INSTALLING, P.INSTALLATION_FAILED)
    assert (station.told(), station.stage()) == ([], Stage.OVER)
    station.fire("firmware_wanted")
    station.reply(system.UpdateFirmware, system.UpdateFirmwareReply(response=R.ACCEPTED))
    station.history(*FETCHED)

    assert station.told() == before[:2]


def test_the_same_number_may_be_used_again() -> None:
    """What was said of the first is not told of the second."""
    station = made()
    for _ in range(2):
        station.asked()
        station.goes(P.DOWNLOADING, P.DOWNLOAD_FAILED)
        station.history(P.DOWNLOADING, P.DOWNLOAD_FAILED)

    assert station.told() == [("Downloading", 9), ("DownloadFailed", 9)] * 2


def test_a_status_before_the_answer_is_no_other_update() -> None:
    station = made()
    station.request(request())

    station.goes(*FETCHED)
    station.confirm()
    assert station.allowed() == 1

    assert station.take(R.ACCEPTED_CANCELED) == {"status": "AcceptedCanceled"}
    station.history(*FETCHED)
    assert station.told() == [("Downloading", 9), ("Downloaded", 9)]
    assert station.stage() is Stage.ALLOWED


def test_an_update_that_is_known_to_have_begun_is_accepted() -> None:
    """Though its answer is lost."""
    station = made()
    station.request(request())
    station.goes(*FETCHED)

    station.reply(system.UpdateFirmware, LOST)
    station.confirm()

    assert station.response() == {"status": "Accepted"}
    assert station.allowed() == 1


def test_the_answer_to_an_earlier_request_does_not_answer_a_later() -> None:
    station = made()
    station.request(request(10))
    station.request(request(11))
    first, second = (
        each.purpose
        for each in station.effects
        if isinstance(each, inputs.Ask) and isinstance(each.command, system.UpdateFirmware)
    )

    station.feed(inputs.Replied(first, system.UpdateFirmwareReply(response=R.ACCEPTED)))
    assert [each.request.request_id for each in station.tables.all(Wanted).values()] == [11]
    station.feed(inputs.Replied(second, system.UpdateFirmwareReply(response=R.REJECTED)))
    station.goes(*FETCHED, request_id=10)
    station.confirm()

    assert station.allowed() == 1


@pytest.mark.parametrize("reply", [R.REJECTED, R.ACCEPTED_CANCELED, None])
def test_nothing_is_allowed_while_another_update_is_asked_for(reply: R | None) -> None:
    """The leave might meet the other one."""
    station = made()
    evse = station.charging()
    station.closing()
    station.confirm()
    station.request(request(10))
    leave(evse)
    station.confirm()
    assert (station.holds(), station.allowed()) == ([(2, "Disable")], 0)

    answer = LOST if reply is None else system.UpdateFirmwareReply(response=reply)
    station.reply(system.UpdateFirmware, answer)
    station.confirm()

    assert station.allowed() == (0 if reply is R.ACCEPTED_CANCELED else 1)


def test_leave_is_not_said_again_while_another_update_is_asked_for() -> None:
    station = made()
    station.closing()
    station.confirm()
    station.reply(system.AllowFirmwareInstallation, LOST)
    station.request(request(10))

    station.fire("firmware")
    assert (station.allowed(), station.timers()["firmware"]) == (1, AGAIN_S)
    station.take(R.REJECTED)
    station.fire("firmware")

    assert station.allowed() == 2
