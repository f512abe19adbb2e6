import dataclasses
import secrets

import pytest

from actors.simulation.ev.drive import Drive
from actors.simulation.ev.exchange import Tls
from actors.simulation.ev.iso2 import requests, trust
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.wallet import Wallet
from certs.keys import KeyKind
from certs.pem import to_der
from certs.profiles import Domain
from protocols.iso15118 import exi, iso2, signature
from protocols.iso15118.iso2 import UnitSymbol as U
from protocols.iso15118.key_transport import seal_iso2
from tests.support.certificates import world
from tests.support.ev_cars import credential, script, wallet
from tests.support.ev_stations import NOON, OK, Iso2Station, Run, schedules, value

TLS = Tls(version="TLSv1.2", cipher="")
INSTALL = "car: {install: missing, time_lapse: 3600}\nsteps: [plug, charge: {energy_wh: 1}, unplug]"
CONTRACT = "car: {pay: contract, time_lapse: 3600}\nsteps: [plug, charge: {energy_wh: 1}, unplug]"


def chain(name, **more):
    leaf, *subs = world()[name].chain
    return iso2.CertificateChain(
        certificate=to_der(leaf),
        sub_certificates=iso2.SubCertificates(certificate=tuple(to_der(one) for one in subs)),
        **more,
    )


def provisioning(
    *, sender="CPS_LEAF", signer="CPS_LEAF", contract="MO_LEAF", receiver="OEM_LEAF", damage=None
):
    """An answer to CertificateInstallationReq as a provisioning service would make it."""

    def answer(station, request):
        sealed = seal_iso2(
            world()["MO_LEAF"].key, world()[receiver].key.public_key(), random=secrets.token_bytes
        )
        body = iso2.CertificateInstallationRes(
            response_code=OK,
            sa_provisioning_certificate_chain=chain(sender),
            contract_signature_cert_chain=chain(contract, id="id1"),
            contract_signature_encrypted_private_key=iso2.ContractSignatureEncryptedPrivateKey(
                id="id2", value=sealed.encrypted_private_key
            ),
            dh_public_key=iso2.DiffieHellmanPublicKey(id="id3", value=sealed.dh_public_key),
            emaid=iso2.Emaid(id="id4", value="DE8EVSC0000001X"),
        )
        message = iso2.V2gMessage(
            header=iso2.MessageHeader(session_id=station.session), body=iso2.Body(body_element=body)
        )
        made = signature.sign(message, world()[signer].key, signature.ISO2)
        if damage is not None:
            body = dataclasses.replace(body, **damage)
        return station.frame(body, signature=made.header.signature)

    return answer


def install(held=None, **how):
    station = Iso2Station({iso2.CertificateInstallationReq: provisioning(**how)}, contract=True)
    return Run(script(INSTALL), station, held or wallet(contract=False), tls=TLS)


def test_a_contract_is_installed_and_used_at_once():
    run = install()

    assert run.outcome.completed
    assert run.phases[5:8] == ["CertificateInstallation", "PaymentDetails", "Authorization"]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"sender": "SECC_LEAF"}, Reason.CERTIFICATE),
        ({"sender": "MO_LEAF", "signer": "MO_LEAF"}, Reason.CERTIFICATE),
        ({"signer": "MO_LEAF"}, Reason.SIGNATURE),
        ({"receiver": "MO_LEAF"}, Reason.CERTIFICATE),
        ({"damage": {"emaid": iso2.Emaid(id="id4", value="DE8EVSC0000002X")}}, Reason.SIGNATURE),
        (
            {"damage": {"sa_provisioning_certificate_chain": iso2.CertificateChain(certificate=b"no")}},
            Reason.CERTIFICATE,
        ),
        ({"contract": "SECC_LEAF"}, Reason.CERTIFICATE),
    ],
)
def test_an_installation_that_cannot_be_trusted_is_not_taken(how, reason):
    assert install(**how).outcome.reason is reason


def answered(station=None):
    """The message of a good installation."""
    frame = provisioning()(station or Iso2Station(), None)
    return exi.decode(frame.payload, exi.Schema.ISO2)


def owner(held):
    drive = Drive(script(), held, bytes)
    drive.at(NOON)
    return drive


def test_nobody_opens_a_contract_without_a_provisioning_key():
    held = Wallet(v2g_roots=world().roots(Domain.V2G))

    with pytest.raises(TalkError, match="no provisioning key"):
        trust.installed(owner(held), answered())


def test_a_contract_of_another_kind_of_key_is_not_taken():
    edwards = world(KeyKind.ED448)["MO_LEAF_20"].certificate
    message = answered()
    body = dataclasses.replace(
        message.body.body_element,
        contract_signature_cert_chain=iso2.CertificateChain(id="id1", certificate=to_der(edwards)),
    )
    made = signature.sign(
        iso2.V2gMessage(header=message.header, body=iso2.Body(body_element=body)),
        world()["CPS_LEAF"].key,
        signature.ISO2,
    )

    with pytest.raises(TalkError, match="another kind"):
        trust.installed(owner(wallet(contract=False)), made)


def test_tariffs_signed_by_another_kind_of_key_prove_nothing():
    edwards = world(KeyKind.ED448)
    one = owner(wallet())
    one.contract = dataclasses.replace(
        credential("MO_LEAF"), chain=(credential("MO_LEAF").leaf, edwards["MO_SUB_CA2_20"].certificate)
    )
    frame = tariffs()(Iso2Station(), iso2_request())

    with pytest.raises(TalkError, match="another kind"):
        trust.tariff_holds(one, exi.decode(frame.payload, exi.Schema.ISO2))


def iso2_request():
    """A request that the handmade station can answer with parameters of AC."""
    return requests.ac_parameters(owner(wallet()))


def test_a_key_of_another_kind_cannot_open_the_contract():
    held = Wallet(v2g_roots=world().roots(Domain.V2G), provisioning=credential("OEM_LEAF_20"))
    station = Iso2Station({iso2.CertificateInstallationReq: provisioning()}, contract=True)

    assert Run(script(INSTALL), station, held, tls=TLS).outcome.reason is Reason.CERTIFICATE


def tariff(number, level):
    return iso2.SaScheduleTuple(
        sa_schedule_tuple_id=number,
        p_max_schedule=schedules().sa_schedule_tuple[0].p_max_schedule,
        sales_tariff=iso2.SalesTariff(
            id=f"id{number}",
            sales_tariff_id=number,
            num_e_price_levels=3,
            sales_tariff_entry=(
                iso2.SalesTariffEntry(
                    time_interval=iso2.RelativeTimeInterval(start_s=0), e_price_level=level
                ),
            ),
        ),
    )


def tariffs(*, signer="MO_SUB_CA2", unsigned=False):
    def answer(station, request):
        body = dataclasses.replace(
            station.on_ChargeParameterDiscoveryReq(request),
            sa_schedules=iso2.SaScheduleList(sa_schedule_tuple=(tariff(1, 3), tariff(2, 1))),
        )
        if unsigned:
            return station.frame(body)
        message = iso2.V2gMessage(
            header=iso2.MessageHeader(session_id=station.session), body=iso2.Body(body_element=body)
        )
        made = signature.sign(message, world()[signer].key, signature.ISO2)
        return station.frame(body, signature=made.header.signature)

    return answer


def charged(**how):
    def status(station, request):
        return dataclasses.replace(
            station.on_ChargingStatusReq(request), sa_schedule_tuple_id=how.get("chosen", 2)
        )

    answers = {
        iso2.ChargeParameterDiscoveryReq: tariffs(
            **{name: one for name, one in how.items() if name != "chosen"}
        ),
        iso2.ChargingStatusReq: status,
    }
    return Run(script(CONTRACT), Iso2Station(answers, contract=True), wallet(), tls=TLS)


def test_the_cheapest_of_the_signed_tariffs_is_chosen():
    run = charged()

    assert (run.outcome.completed, run.car.drive.schedule.schedule_id) == (True, 2)


def test_a_tariff_signed_by_somebody_else_ends_the_talk():
    assert charged(signer="CPS_LEAF").outcome.reason is Reason.SIGNATURE


def test_tariffs_without_a_signature_are_not_relied_on():
    assert charged(unsigned=True, chosen=1).outcome.completed


def test_a_contract_without_its_issuer_proves_no_tariff():
    held = dataclasses.replace(
        wallet(), contract=dataclasses.replace(credential("MO_LEAF"), chain=credential("MO_LEAF").chain[:1])
    )
    answers = {iso2.ChargeParameterDiscoveryReq: tariffs()}
    run = Run(script(CONTRACT), Iso2Station(answers, contract=True), held, tls=TLS)

    assert run.car.drive.schedule.schedule_id == 1
    assert value(1, U.W).to_decimal() == 1
