"""The car against our own station's core, in memory: two implementations made from the same standard."""

import base64
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.simulation.ev.iso2 import table as iso2_table
from actors.simulation.ev.iso20 import table as iso20_table
from actors.simulation.ev.outcome import Reason
from actors.simulation.ev.script import FaultKind
from actors.v2g.secc.exchange import Heard
from actors.v2g.secc.settings import Settings
from actors.v2g.services_file import read_services
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_vas
from protocols.iso15118 import exi
from protocols.message import Reply
from protocols.types import authorization, iso15118
from tests.support.certificates import world
from tests.support.ev_cars import wallet
from tests.support.ev_provisioning import provisioning
from tests.support.examples import few
from tests.support.pairing import Evse, Pairing
from tests.support.provisioning_service import ProvisioningService
from tests.support.sites import ROOT

SHORT = "\nsteps: [plug, charge: {energy_wh: 500}, unplug]\n"
AC = "car: {time_lapse: 3600}" + SHORT
DC = "car: {mode: dc, time_lapse: 600}" + SHORT
CONTRACT = {"tls": "TLSv1.2", "wallet": wallet()}


@pytest.mark.parametrize("text", [AC, DC])
@pytest.mark.parametrize("how", [{}, CONTRACT], ids=["eim", "contract"])
def test_a_car_charges_at_our_station(text, how):
    pair = Pairing(text, **how)

    assert str(pair.outcome) == "completed"
    assert pair.outcome.energy_wh >= 500
    asked = charger.RequireAuthPnc if how else charger.RequireAuthEim
    assert len(pair.published(asked)) == 1


def test_the_token_of_a_contract_names_it():
    (asked,) = Pairing(AC, **CONTRACT).published(charger.RequireAuthPnc)

    assert asked.token.id_token.value == "DE8EVSC0000001X"


@pytest.mark.parametrize("text", [AC, DC])
def test_a_receipt_is_signed_and_accepted(text):
    pair = Pairing(text, evse=Evse(receipt=True), **CONTRACT)

    assert str(pair.outcome) == "completed"


@pytest.mark.parametrize("mode", ["ac", "dc"])
def test_a_pause_is_resumed_and_renegotiated(mode):
    pair = Pairing(
        f"car: {{mode: {mode}, time_lapse: 600}}\n"
        "steps: [plug, charge: {energy_wh: 300}, pause: {seconds: 5}, resume, charge: {energy_wh: 300},"
        " renegotiate: {max_power_w: 5000}, charge: {energy_wh: 300}, unplug]"
    )

    assert str(pair.outcome) == "completed"
    assert pair.phases.count("SessionSetup") == 2
    assert pair.phases.count("PowerDeliveryRenegotiate") == 1


FAULTS = [
    ("wrong_sequence", "Authorization", Reason.RESPONSE_CODE, "FAILED_SequenceError"),
    ("wrong_session_id", "Authorization", Reason.RESPONSE_CODE, "FAILED_UnknownSession"),
    ("bad_signature", "Authorization", Reason.RESPONSE_CODE, "FAILED_SignatureError"),
    ("garbage", "Authorization", Reason.CLOSED_AFTER_FAULT, ""),
    ("no_frame", "ServiceDiscovery", Reason.CLOSED_AFTER_FAULT, ""),
    ("silence", "ChargingStatus", Reason.CLOSED_AFTER_FAULT, ""),
    ("abrupt_close", "ChargingStatus", Reason.DONE_BY_SCRIPT, ""),
]


@pytest.mark.parametrize(("kind", "at", "reason", "code"), FAULTS)
def test_a_fault_is_answered_as_the_standard_asks(kind, at, reason, code):
    pair = Pairing(AC + f"faults: [{{kind: {kind}, at: {at}}}]", **CONTRACT)

    assert (pair.outcome.reason, pair.outcome.code) == (reason, code)


def test_nobody_is_told_of_a_contract_with_a_bad_signature():
    pair = Pairing(AC + "faults: [{kind: bad_signature, at: Authorization}]", **CONTRACT)

    assert not pair.published(charger.RequireAuthPnc)


def test_a_slow_sender_still_charges():
    assert Pairing(AC + "faults: [{kind: slow, at: SessionSetup}]").outcome.completed


def test_a_contract_that_is_refused_reaches_the_car():
    evse = Evse(
        grant=authorization.AuthorizationStatus.INVALID,
        certificate=authorization.CertificateStatus.CERTIFICATE_REVOKED,
    )
    pair = Pairing(AC, evse=evse, **CONTRACT)

    assert (pair.outcome.phase, pair.outcome.code) == ("Authorization", "FAILED_CertificateRevoked")


def test_a_contract_is_not_offered_without_tls():
    pair = Pairing("car: {pay: contract, tls: false}" + SHORT, wallet=wallet())

    assert pair.outcome.reason is Reason.PAYMENT


def install(request):
    """What a provisioning service answers through the CSMS."""
    sender, contract = ((world()[name].chain, world()[name].key) for name in ("CPS_LEAF", "MO_LEAF"))
    return ProvisioningService(sender, contract)(request)


def test_a_contract_is_installed_through_the_station():
    text = "car: {install: missing, time_lapse: 3600}" + SHORT
    pair = Pairing(text, tls="TLSv1.2", wallet=wallet(contract=False), evse=Evse(install=install))

    assert str(pair.outcome) == "completed"
    assert "CertificateInstallation" in pair.phases


def test_an_installation_nobody_answers_fails_with_a_code():
    text = "car: {install: missing, time_lapse: 3600}" + SHORT
    pair = Pairing(text, tls="TLSv1.2", wallet=wallet(contract=False))

    assert (pair.outcome.phase, pair.outcome.reason) == ("CertificateInstallation", Reason.RESPONSE_CODE)
    assert dataclasses.is_dataclass(pair.outcome)


ISO20 = "protocols: [iso20], time_lapse: 600"
BOTH = Settings(scheduled_mode=True, dynamic_mode=True)
OVER_TLS13 = {"tls": "TLSv1.3", "wallet": wallet()}


@pytest.mark.parametrize("control", ["dynamic", "scheduled"])
@pytest.mark.parametrize("mode", ["ac", "dc", "ac_bpt", "dc_bpt"])
@pytest.mark.parametrize("pay", ["eim", "contract"])
def test_a_car_of_20_charges_at_our_station(mode, control, pay):
    pair = Pairing(
        f"car: {{mode: {mode}, control: {control}, pay: {pay}, {ISO20}}}" + SHORT, settings=BOTH, **OVER_TLS13
    )

    assert str(pair.outcome) == "completed"
    assert pair.outcome.energy_wh >= 500


@pytest.mark.parametrize("mode", ["ac", "dc"])
def test_a_car_of_20_pauses_and_renegotiates(mode):
    pair = Pairing(
        f"car: {{mode: {mode}, control: scheduled, {ISO20}}}\n"
        "steps: [plug, charge: {energy_wh: 300}, pause: {seconds: 5}, resume, charge: {energy_wh: 300},"
        " renegotiate: {max_power_w: 5000}, charge: {energy_wh: 300}, unplug]",
        settings=BOTH,
        **OVER_TLS13,
    )

    assert str(pair.outcome) == "completed"
    assert pair.phases.count("SessionSetup") == 2
    assert "PowerDeliveryRenegotiate" in pair.phases


@pytest.mark.parametrize("mode", ["ac", "dc"])
def test_a_car_of_20_confirms_the_meter(mode):
    pair = Pairing(f"car: {{mode: {mode}, {ISO20}}}" + SHORT, evse=Evse(receipt=True), **OVER_TLS13)

    assert str(pair.outcome) == "completed"


@pytest.mark.parametrize(
    ("kind", "at", "reason", "code"),
    [
        ("wrong_sequence", "ServiceDiscovery", Reason.RESPONSE_CODE, "FAILED_SequenceError"),
        ("wrong_session_id", "ServiceDiscovery", Reason.RESPONSE_CODE, "FAILED_UnknownSession"),
        ("garbage", "ChargeLoop", Reason.CLOSED_AFTER_FAULT, ""),
        ("silence", "ChargeLoop", Reason.CLOSED_AFTER_FAULT, ""),
    ],
)
def test_a_fault_in_20_is_answered_as_the_standard_asks(kind, at, reason, code):
    pair = Pairing(f"car: {{{ISO20}}}" + SHORT + f"faults: [{{kind: {kind}, at: {at}}}]", **OVER_TLS13)

    assert (pair.outcome.reason, pair.outcome.code) == (reason, code)


def test_a_bad_signature_of_20_authorizes_nobody():
    pair = Pairing(
        f"car: {{{ISO20}}}" + SHORT + "faults: [{kind: bad_signature, at: Authorization}]", **OVER_TLS13
    )

    assert (pair.outcome.phase, pair.outcome.reason) == ("Authorization", Reason.RESPONSE_CODE)
    assert not pair.published(charger.RequireAuthPnc)


DIN = "car: {mode: dc, protocols: [din], time_lapse: 600}" + SHORT


def test_a_car_of_din_charges_at_our_station():
    pair = Pairing(DIN)

    assert (str(pair.outcome), pair.car.spoken) == ("completed", "DIN SPEC 70121")


@pytest.mark.parametrize(
    ("kind", "reason", "code"),
    [
        ("wrong_sequence", Reason.RESPONSE_CODE, "FAILED_SequenceError"),
        ("wrong_session_id", Reason.RESPONSE_CODE, "FAILED_UnknownSession"),
        ("garbage", Reason.CLOSED_AFTER_FAULT, ""),
        ("silence", Reason.CLOSED_AFTER_FAULT, ""),
    ],
)
def test_a_fault_in_din_is_answered_as_the_standard_asks(kind, reason, code):
    pair = Pairing(DIN + f"faults: [{{kind: {kind}, at: ContractAuthentication}}]")

    assert (pair.outcome.reason, pair.outcome.code) == (reason, code)


MODES = ("[iso2], mode: ac", "[iso2], mode: dc", "[iso20], mode: ac", "[iso20], mode: dc")
STEPS = ("charge: {energy_wh: 100}", "pause: {seconds: 2}", "renegotiate", "renegotiate: {max_power_w: 3000}")
ALL_PHASES = sorted({str(phase) for module in (iso2_table, iso20_table) for phase in module.DC.table})


def both(protocols_and_mode, steps, faults="[]"):
    return Pairing(
        f"car: {{protocols: {protocols_and_mode}, control: scheduled, time_lapse: 600}}\n"
        f"steps: [{', '.join(['plug', *steps, 'charge: {energy_wh: 100}', 'unplug'])}]\nfaults: {faults}",
        settings=BOTH,
    )


class Steady(Evse):
    """An EVSE whose manager introduces the station once: it stays plugged in while a session pauses."""

    introduced = False

    def start(self):
        """Everything the first time."""
        if self.introduced:
            return ()
        self.introduced = True
        return super().start()


@pytest.mark.parametrize("mode", ["ac", "dc"])
def test_a_car_of_20_goes_on_with_what_was_agreed_on_before_its_pause(mode):
    pair = Pairing(
        f"car: {{protocols: [iso20], mode: {mode}, control: scheduled, time_lapse: 600}}\n"
        "steps: [plug, charge: {energy_wh: 100}, pause: {seconds: 2}, resume, charge: {minutes: 5}, unplug]",
        settings=BOTH,
        evse=Steady(),
    )

    assert str(pair.outcome) == "completed"
    assert pair.phases.count("SessionSetup") == 2
    assert pair.phases.count("Authorization") == 1
    assert len(pair.published(charger.RequireAuthEim)) == 1


@pytest.mark.untraced
@few(12)
@given(st.sampled_from(MODES), st.lists(st.sampled_from(STEPS), max_size=5))
def test_any_script_is_carried_out_to_its_end(mode, steps):
    assert str(both(mode, steps).outcome) == "completed"


@pytest.mark.untraced
@few(20)
@given(st.sampled_from(MODES), st.sampled_from(FaultKind), st.sampled_from(ALL_PHASES), st.integers(1, 3))
def test_any_fault_anywhere_ends_with_a_reason_and_no_crash(mode, kind, phase, occurrence):
    fault = f"[{{kind: {kind}, at: {phase}, occurrence: {occurrence}}}]"
    outcome = both(mode, [], fault).outcome

    assert outcome.completed or outcome.reason in {
        Reason.SCRIPT,
        Reason.RESPONSE_CODE,
        Reason.CLOSED_AFTER_FAULT,
        Reason.DONE_BY_SCRIPT,
    }


def install_20(request):
    """What a provisioning service answers through the CSMS, in -20."""
    asked = exi.decode(base64.b64decode(request.exi_request), exi.Schema.ISO20_COMMON)
    made = provisioning()
    header = dataclasses.replace(made.header, session_id=asked.header.session_id)
    answer = exi.encode(dataclasses.replace(made, header=header), exi.Schema.ISO20_COMMON)
    return iso15118.ResponseExiStreamStatus(
        status=iso15118.ExiResponseStatus.ACCEPTED,
        exi_response=base64.b64encode(answer).decode(),
        certificate_action=request.certificate_action,
    )


def test_a_contract_of_20_is_installed_through_the_station():
    pair = Pairing(
        f"car: {{install: missing, {ISO20}}}" + SHORT,
        tls="TLSv1.3",
        wallet=wallet(contract=False),
        evse=Evse(install=install_20),
    )

    assert str(pair.outcome) == "completed"
    assert "CertificateInstallation" in pair.phases


class Shop(Evse):
    """An EVSE with a provider of value-added services, which keeps what cars choose."""

    services = read_services((ROOT / "deploy/services/example.yaml").read_bytes(), "example.yaml")

    def __init__(self):
        super().__init__()
        self.chosen = []

    def asked(self, command):
        """The provider's reply."""
        if isinstance(command, iso15118_vas.GetServiceParameters):
            sets = self.services.parameter_sets[command.service_id]
            return iso15118_vas.GetServiceParametersReply(parameter_sets=sets)
        self.chosen += [(each.service_id, each.parameter_set_id) for each in command.selected_services]
        return Reply()


def shopping(more):
    """A car that has charged at an EVSE with a shop."""
    pair = Pairing(f"car: {{time_lapse: 3600, {more}}}" + SHORT, evse=Shop(), until="SessionSetup")
    offered = iso15118_vas.OfferedVas(offered=Shop.services.offered)
    pair.station(Heard(requirement="iso15118_vas", index=0, variable=offered))
    pair.go_on()
    assert str(pair.outcome) == "completed"
    return pair


@pytest.mark.parametrize("protocol", ["iso2", "iso20"])
def test_what_a_car_chooses_of_the_services_is_told_to_their_provider(protocol):
    pair = shopping(f"protocols: [{protocol}], tls: false, choose_services: true")

    assert sorted(pair.evse.chosen) == [(34567, 1), (34568, 0)]


@pytest.mark.parametrize("protocol", ["iso2", "iso20"])
def test_a_car_that_only_reads_about_services_chooses_none(protocol):
    pair = shopping(f"protocols: [{protocol}], tls: false, read_services: true")

    assert "ServiceDetail" in pair.phases
    assert pair.evse.chosen == []
