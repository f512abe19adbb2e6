"""Install, delete and list certificates for the CSMS (M03 to M05; rows S13.2, S13.3, S13.6, M11.8)."""

from itertools import product
from typing import Any

import pytest
from ocpp.v21 import call, enums

from actors.ocpp.blocks import certificate_tables as tables
from actors.ocpp.blocks import certificates
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Resumed, Target
from actors.ocpp.messages import CalledReply
from protocols.interfaces import evse_security
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types import evse_security as types
from tests.support.ocpp_station import Station, shipped

VERSIONS = [Version.V21, Version.V201]
CRASHED = Failure(reason=FailureReason.CRASHED, detail="killed")
PEM = "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n"
Use = enums.InstallCertificateUseEnumType
Id = enums.GetCertificateIdUseEnumType
Deleted = types.DeleteCertificateResult
UPDATE = evse_security.CertificateStoreUpdate(
    update=types.CertificateStoreUpdate(
        operation=types.CertificateStoreUpdateOperation.INSTALLED,
        ca_certificate_type=types.CaCertificateType.V2G,
    )
)


def hashes(serial: str) -> types.CertificateHashData:
    return types.CertificateHashData(
        hash_algorithm=types.HashAlgorithm.SHA256,
        issuer_name_hash="0a" * 32,
        issuer_key_hash="0b" * 32,
        serial_number=serial,
    )


def installed(*chains: types.CertificateHashDataChain) -> evse_security.GetInstalledCertificatesReply:
    status = types.GetInstalledCertificatesStatus
    return evse_security.GetInstalledCertificatesReply(
        result=types.GetInstalledCertificatesResult(
            status=status.ACCEPTED if chains else status.NOT_FOUND, certificate_hash_data_chain=chains
        )
    )


def chain(kind: types.CertificateType, serial: str, *children: str) -> types.CertificateHashDataChain:
    return types.CertificateHashDataChain(
        certificate_type=kind,
        certificate_hash_data=hashes(serial),
        child_certificate_hash_data=tuple(map(hashes, children)) or None,
    )


def connected(version: Version = Version.V21, security_profile: int = 2) -> Station:
    station = Station(blocks=(certificates.BLOCK,), version=version, security_profile=security_profile)
    station.connect()
    return station


@pytest.fixture(params=VERSIONS, ids=str)
def station(request: pytest.FixtureRequest) -> Station:
    return connected(request.param)


def install(station: Station, use: Use = Use.v2g_root_certificate, message_id: str | None = None) -> Any:
    return station.request(call.InstallCertificate(PEM, use), message_id)


def delete(station: Station, message_id: str | None = None) -> Any:
    wish = call.DeleteCertificate(tables.to_wire(hashes("1f")))
    return station.request(wish, message_id)


def store_says(station: Station, result: types.InstallCertificateResult) -> None:
    reply = evse_security.InstallCaCertificateReply(result=result)
    station.reply(evse_security.InstallCaCertificate, reply)


# -- install -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("use", list(tables.AUTHORITIES), ids=str)
def test_a_root_goes_into_the_hierarchy_it_is_for(station: Station, use: Use) -> None:
    assert install(station, use) is None

    (command,) = station.asks(evse_security.InstallCaCertificate)
    assert command.certificate_type is tables.AUTHORITIES[use]
    assert command.certificate == PEM


@pytest.mark.parametrize("result", list(types.InstallCertificateResult), ids=str)
def test_what_the_store_made_of_a_root_is_answered(
    station: Station, result: types.InstallCertificateResult
) -> None:
    install(station)

    store_says(station, result)  # S13.2

    answer = station.response()
    assert isinstance(answer, dict)
    assert answer["status"] == tables.INSTALL_STATUS[result]
    assert ("statusInfo" in answer) == (result is not types.InstallCertificateResult.ACCEPTED)


def test_a_store_that_does_not_answer_is_a_failure(station: Station) -> None:
    install(station)

    station.reply(evse_security.InstallCaCertificate, CRASHED)

    answer = station.response()
    assert isinstance(answer, dict)
    assert answer["status"] == "Failed"
    assert "store_silent" in station.notes()


def test_a_root_of_vehicle_makers_is_refused() -> None:
    station = connected()

    answer = install(station, Use.oem_root_certificate)

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "UnsupportedParam")  # M11.8
    assert not station.asks(evse_security.InstallCaCertificate)


@pytest.mark.parametrize(
    ("security_profile", "use", "allowed"),
    list(product((0, 1, 2, 3), tables.AUTHORITIES, (False, True))),
)
def test_a_line_without_tls_brings_no_root_unless_allowed(
    security_profile: int,
    use: Use,
    allowed: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    station = connected(security_profile=security_profile)
    station.set(variables.CSMS_ROOT_UNSECURED, allowed)
    station.set(variables.MF_ROOT_UNSECURED, allowed)

    answer = install(station, use)

    kept = use in {Use.csms_root_certificate, Use.manufacturer_root_certificate}
    refused = security_profile < 2 and kept and not allowed
    assert (answer is not None) == refused  # M11.8
    assert not refused or answer["statusInfo"]["reasonCode"] == "NotEnabled"


def test_without_word_of_the_link_the_variable_counts() -> None:
    station = connected()
    station.set(variables.CSMS_ROOT_UNSECURED, value=False)
    station.set(variables.SECURITY_PROFILE, 1)
    station.core.live.link = None

    assert install(station, Use.csms_root_certificate)["status"] == "Rejected"  # M11.8


def test_a_full_list_of_certificates_takes_no_more(station: Station) -> None:
    station.set(variables.CERTIFICATE_ENTRIES, 100)  # the most that the shipped model allows

    answer = install(station)

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "OutOfStorage")


def test_a_station_that_counts_no_certificates_takes_them() -> None:
    others = tuple(each for each in shipped() if each.name != variables.CERTIFICATE_ENTRIES.at().component)
    station = Station(blocks=(certificates.BLOCK,), components=others, security_profile=2)
    station.connect()

    assert install(station) is None


def test_a_successor_installs_what_it_is_asked_again(station: Station) -> None:
    install(station, message_id="again")

    station.restart()
    install(station, message_id="again")
    store_says(station, types.InstallCertificateResult.ACCEPTED)

    assert station.response() == {"status": "Accepted"}


def test_a_doubled_request_is_answered_from_memory(station: Station) -> None:
    install(station, message_id="twice")
    store_says(station, types.InstallCertificateResult.ACCEPTED)

    assert install(station, message_id="twice") == {"status": "Accepted"}
    assert len(station.asks(evse_security.InstallCaCertificate)) == 1


# -- delete --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", list(Deleted), ids=str)
def test_what_became_of_a_deletion_is_answered(station: Station, result: Deleted) -> None:
    delete(station)

    (command,) = station.asks(evse_security.DeleteCertificate)
    assert command.certificate_hash_data == hashes("1f")
    station.reply(evse_security.DeleteCertificate, evse_security.DeleteCertificateReply(result=result))

    assert station.response() == {"status": tables.DELETE_STATUS[result]}  # S13.3


def test_a_deletion_without_answer_has_failed(station: Station) -> None:
    delete(station)

    station.reply(evse_security.DeleteCertificate, CRASHED)

    assert station.response() == {"status": "Failed", "statusInfo": {"reasonCode": "InternalError"}}


def test_what_was_deleted_before_a_kill_counts_as_deleted(station: Station) -> None:
    delete(station, "once")
    station.restart()

    delete(station, "once")
    reply = evse_security.DeleteCertificateReply(result=Deleted.NOT_FOUND)
    station.reply(evse_security.DeleteCertificate, reply)

    assert station.response() == {"status": "Accepted"}


def test_another_deletion_after_a_kill_is_told_the_truth(station: Station) -> None:
    delete(station, "one")
    station.restart()

    delete(station, "another")
    reply = evse_security.DeleteCertificateReply(result=Deleted.NOT_FOUND)
    station.reply(evse_security.DeleteCertificate, reply)

    assert station.response() == {"status": "NotFound"}


# -- list ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [(None, tuple(tables.REPORTED)), *(([use], (kept,)) for use, kept in tables.INSTALLED.items())],
)
def test_certificates_of_the_wanted_types_are_looked_for(
    station: Station, asked: list[Id] | None, found: tuple[types.CertificateType, ...]
) -> None:
    station.request(call.GetInstalledCertificateIds(certificate_type=asked))

    (command,) = station.asks(evse_security.GetInstalledCertificates)
    assert command.certificate_types == found


def test_what_is_asked_for_twice_is_looked_for_once(station: Station) -> None:
    twice = [Id.mo_root_certificate, Id.mo_root_certificate]
    station.request(call.GetInstalledCertificateIds(certificate_type=twice))

    (command,) = station.asks(evse_security.GetInstalledCertificates)
    assert command.certificate_types == (types.CertificateType.MO_ROOT_CERTIFICATE,)


def test_an_installed_chain_is_listed_with_its_children(station: Station) -> None:
    station.request(call.GetInstalledCertificateIds())

    found = installed(
        chain(types.CertificateType.V2G_CERTIFICATE_CHAIN, "1", "2", "3"),
        chain(types.CertificateType.CSMS_ROOT_CERTIFICATE, "4"),
    )
    station.reply(evse_security.GetInstalledCertificates, found)

    answer = station.response()
    assert isinstance(answer, dict)
    v2g, csms = answer["certificateHashDataChain"]  # S13.6, M8.14
    assert answer["status"] == "Accepted"
    assert (v2g["certificateType"], csms["certificateType"]) == ("V2GCertificateChain", "CSMSRootCertificate")
    assert [each["serialNumber"] for each in v2g["childCertificateHashData"]] == ["2", "3"]
    assert "childCertificateHashData" not in csms


def test_nothing_installed_is_not_found(station: Station) -> None:
    station.request(call.GetInstalledCertificateIds())

    station.reply(evse_security.GetInstalledCertificates, installed())

    assert station.response() == {"status": "NotFound"}  # M03.FR.02


def test_roots_of_vehicle_makers_are_never_found() -> None:
    station = connected()

    answer = station.request(call.GetInstalledCertificateIds(certificate_type=[Id.oem_root_certificate]))

    assert answer == {"status": "NotFound"}
    assert not station.asks(evse_security.GetInstalledCertificates)


def test_a_store_that_cannot_be_read_is_an_internal_error(station: Station) -> None:
    station.request(call.GetInstalledCertificateIds())

    station.reply(evse_security.GetInstalledCertificates, CRASHED)

    answer = station.response()
    assert isinstance(answer, CalledReply)
    assert answer.code == "InternalError"


# -- their number --------------------------------------------------------------------------------------------


def counted(station: Station) -> int:
    return station.model.read(variables.CERTIFICATE_ENTRIES)


def test_certificates_are_counted_at_the_start(station: Station) -> None:
    station.feed(Resumed())

    found = chain(types.CertificateType.V2G_CERTIFICATE_CHAIN, "1", "2")
    station.reply(evse_security.GetInstalledCertificates, installed(found, found))

    assert counted(station) == 2


def test_certificates_are_counted_after_each_change(station: Station) -> None:
    station.say(Target.SECURITY, UPDATE)

    kind = types.CertificateType.MO_ROOT_CERTIFICATE
    station.reply(evse_security.GetInstalledCertificates, installed(chain(kind, "7")))

    assert counted(station) == 1


def test_more_certificates_than_can_be_told_leave_a_line(station: Station) -> None:
    station.say(Target.SECURITY, UPDATE)

    kind = types.CertificateType.MO_ROOT_CERTIFICATE
    many = [chain(kind, f"{serial:x}") for serial in range(1, 102)]
    station.reply(evse_security.GetInstalledCertificates, installed(*many))

    assert "certificates_uncounted" in station.notes()


def test_a_count_that_fails_changes_nothing(station: Station) -> None:
    station.set(variables.CERTIFICATE_ENTRIES, 3)
    station.say(Target.SECURITY, UPDATE)

    station.reply(evse_security.GetInstalledCertificates, CRASHED)

    assert counted(station) == 3
