"""Which new root a station with `AdditionalRootCertificateCheck` takes (M05.FR.09 to FR.11)."""

import pytest
from ocpp.v21 import call, enums

from actors.ocpp.blocks import certificates
from actors.ocpp.blocks.root_replacement import stands_alone
from actors.ocpp.device_model import variables
from certs.hashes import hash_data
from protocols.interfaces import evse_security
from protocols.message import Failure, FailureReason
from protocols.types import evse_security as types
from tests.support.certificates import Forge
from tests.support.ocpp_station import Station
from tests.support.stores import text

USE = enums.InstallCertificateUseEnumType
FORGE = Forge("roots")
OLD, OTHER = FORGE.root("Old"), FORGE.root("Other")
SIGNED = FORGE.ca("New", OLD)


def hashes(identity, change=str):
    data = hash_data(identity.certificate, identity.certificate)
    return types.CertificateHashData(
        hash_algorithm=types.HashAlgorithm.SHA256,
        issuer_name_hash=change(data.issuer_name_hash),
        issuer_key_hash=change(data.issuer_key_hash),
        serial_number=change(data.serial_number),
    )


@pytest.mark.parametrize(
    ("certificate", "present", "alone"),
    [
        (text(OTHER.certificate), [OLD], True),
        (text(OLD.certificate), [OLD], False),
        (text(OTHER.certificate), [], False),
        (text(SIGNED.certificate), [OLD], False),  # the store looks who has signed it
        ("no certificate", [OLD], False),
    ],
    ids=["another", "the same", "the first", "signed", "unreadable"],
)
def test_a_root_beside_the_present_one_stands_alone(certificate, present, alone):
    assert stands_alone(certificate, map(hashes, present)) is alone


def test_hashes_are_compared_whatever_their_case():
    assert not stands_alone(text(OLD.certificate), [hashes(OLD, str.upper)])


def station(*, check=True):
    made = Station(blocks=(certificates.BLOCK,), security_profile=2)
    made.set(variables.ADDITIONAL_ROOT_CHECK, check)
    made.connect()
    return made


def install(made, identity, use=USE.csms_root_certificate):
    return made.request(call.InstallCertificate(text(identity.certificate), use))


def has(made, *roots):
    chains = tuple(
        types.CertificateHashDataChain(
            certificate_type=types.CertificateType.CSMS_ROOT_CERTIFICATE, certificate_hash_data=hashes(each)
        )
        for each in roots
    )
    status = types.GetInstalledCertificatesStatus.ACCEPTED
    result = types.GetInstalledCertificatesResult(status=status, certificate_hash_data_chain=chains)
    made.reply(
        evse_security.GetInstalledCertificates, evse_security.GetInstalledCertificatesReply(result=result)
    )


def test_a_root_that_nobody_here_has_signed_is_refused():  # M05.FR.10
    made = station()
    assert install(made, OTHER) is None

    has(made, OLD)

    answer = made.response()
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InvalidCertificate")
    assert made.asks(evse_security.InstallCaCertificate) == []


@pytest.mark.parametrize(("new", "present"), [(SIGNED, [OLD]), (OTHER, [])], ids=["signed", "the first"])
def test_what_may_replace_it_goes_to_the_store(new, present):  # M05.FR.11
    made = station()
    install(made, new)

    has(made, *present)

    (command,) = made.asks(evse_security.InstallCaCertificate)
    assert command.certificate_type is types.CaCertificateType.CSMS
    accepted = types.InstallCertificateResult.ACCEPTED
    made.reply(evse_security.InstallCaCertificate, evse_security.InstallCaCertificateReply(result=accepted))
    assert made.response() == {"status": "Accepted"}


@pytest.mark.parametrize(
    ("check", "use"), [(False, USE.csms_root_certificate), (True, USE.v2g_root_certificate)]
)
def test_other_roots_go_to_the_store_at_once(check, use):
    made = station(check=check)

    install(made, OTHER, use)

    assert len(made.asks(evse_security.InstallCaCertificate)) == 1


def test_a_store_that_does_not_say_what_it_has_is_a_failure():
    made = station()
    install(made, OTHER)

    made.reply(evse_security.GetInstalledCertificates, Failure(reason=FailureReason.CRASHED, detail="killed"))

    assert made.response()["status"] == "Failed"
