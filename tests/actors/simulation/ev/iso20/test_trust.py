import dataclasses
from types import SimpleNamespace

import pytest

from actors.simulation.ev.drive import Drive
from actors.simulation.ev.exchange import Tls
from actors.simulation.ev.iso20 import trust
from actors.simulation.ev.iso20.trust import scheme_of
from actors.simulation.ev.outcome import Reason, TalkError
from certs.keys import KeyKind
from protocols.iso15118 import signature
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing, ResponseCode
from tests.support.certificates import world
from tests.support.ev_cars import credential, script, wallet
from tests.support.ev_iso20_station import Iso20Station
from tests.support.ev_provisioning import provisioning
from tests.support.ev_stations import NOON, Run

TLS = Tls(version="TLSv1.3", cipher="")
INSTALL = (
    "car: {protocols: [iso20], install: missing, time_lapse: 600}\n"
    "steps: [plug, charge: {energy_wh: 1}, unplug]"
)


def install(answer, held=None):
    station = Iso20Station({common.CertificateInstallationReq: answer}, contract=True)
    return Run(script(INSTALL), station, held or wallet(contract=False), tls=TLS)


def test_a_contract_is_installed_and_used_at_once():
    ongoing = provisioning(evse_processing=Processing.ONGOING)
    run = install([ongoing, provisioning()])

    assert str(run.outcome) == "completed"
    assert run.phases[3:5] == ["CertificateInstallation", "Authorization"]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"sender": "SECC_LEAF_20"}, Reason.CERTIFICATE),
        ({"signer": "MO_LEAF_20"}, Reason.SIGNATURE),
        ({"receiver": "MO_LEAF_20"}, Reason.CERTIFICATE),
        ({"cps_certificate_chain": common.CertificateChain(certificate=b"no")}, Reason.CERTIFICATE),
        (
            {"data": {"secp521_encrypted_private_key": None, "tpm_encrypted_private_key": bytes(206)}},
            Reason.CERTIFICATE,
        ),
        ({"response_code": ResponseCode.WARNING_NO_CONTRACT_MATCHING_PCID_FOUND}, Reason.RESPONSE_CODE),
    ],
)
def test_an_installation_that_cannot_be_trusted_is_not_taken(how, reason):
    assert install(provisioning(**how)).outcome.reason is reason


def test_a_key_of_another_kind_cannot_open_the_contract():
    edwards = world(KeyKind.ED448)["OEM_LEAF_20"]
    held = dataclasses.replace(
        wallet(contract=False),
        provisioning_20=dataclasses.replace(credential("OEM_LEAF_20"), chain=edwards.chain, key=edwards.key),
    )

    assert install(provisioning(), held).outcome.reason is Reason.CERTIFICATE


def opened(message):
    drive = Drive(script(), wallet(contract=False), bytes)
    drive.at(NOON)
    return trust.installed(drive, message)


def test_a_contract_of_an_rsa_key_is_not_taken(monkeypatch):
    made = provisioning()
    contract = made.signed_installation_data.contract_certificate_chain.certificate
    real = trust.load_der

    class Strange:
        """A certificate with a key that nobody uses here."""

        def __init__(self, data):
            self.subject = data

        def public_key(self):
            return object()

    monkeypatch.setattr(trust, "load_der", lambda data: Strange(data) if data == contract else real(data))

    with pytest.raises(TalkError, match="a contract with a key of another kind"):
        opened(made)


def test_a_signer_with_a_strange_key_proves_nothing():
    with pytest.raises(TalkError, match="a signer with a key of another kind"):
        trust._verify(provisioning(), SimpleNamespace(public_key=object))


def test_a_credential_signs_by_the_scheme_of_its_key():
    edwards = dataclasses.replace(credential("MO_LEAF_20"), key=world(KeyKind.ED448)["MO_LEAF_20"].key)

    assert scheme_of(credential("MO_LEAF_20")) is signature.ISO20_SECP521
    assert scheme_of(edwards) is signature.ISO20_ED448
