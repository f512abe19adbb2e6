"""A car of DIN 70121 for tests of the station's core: one request at a time, in the test's own order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import app_protocol, din, exi
from tests.support.secc import Bench
from tests.support.secc_iso2 import GRANT, STATION

if TYPE_CHECKING:
    from actors.v2g.secc.settings import Settings

SCHEMA = exi.Schema.DIN
EVCC = bytes.fromhex("0A1B2C3D4E5F")
EXTENDED = din.EvRequestedEnergyTransfer.DC_EXTENDED
STATUS = din.DcEvStatus(
    ev_ready=True,
    ev_cabin_conditioning=False,
    ev_error_code=din.DcEvErrorCode.NO_ERROR,
    ev_ress_soc_percent=40,
)


def quantity(number: float, unit: str) -> din.PhysicalValue:
    return din.PhysicalValue.from_decimal(number, din.UnitSymbol(unit))


WISH = din.DcEvChargeParameter(
    dc_ev_status=STATUS,
    ev_maximum_current_limit=quantity(300, "A"),
    ev_maximum_power_limit=quantity(150000, "W"),
    ev_maximum_voltage_limit=quantity(500, "V"),
    ev_energy_capacity=quantity(80000, "Wh"),
    ev_energy_request=quantity(40000, "Wh"),
    full_soc_percent=100,
    bulk_soc_percent=80,
)
CABLE_CHECK = din.CableCheckReq(dc_ev_status=STATUS)
PRE_CHARGE = din.PreChargeReq(
    dc_ev_status=STATUS, ev_target_voltage=quantity(400, "V"), ev_target_current=quantity(2, "A")
)
DEMAND = din.CurrentDemandReq(
    dc_ev_status=STATUS,
    ev_target_current=quantity(100, "A"),
    ev_target_voltage=quantity(400, "V"),
    charging_complete=False,
)
WELDING = din.WeldingDetectionReq(dc_ev_status=STATUS)
START = din.PowerDeliveryReq(ready_to_charge_state=True)
STOP = din.PowerDeliveryReq(
    ready_to_charge_state=False,
    ev_power_delivery_parameter=din.DcEvPowerDeliveryParameter(
        dc_ev_status=STATUS, bulk_charging_complete=True, charging_complete=True
    ),
)
PASSED = charger.CableCheckFinished(status=True)
_CHAIN = din.CertificateChain(certificate=b"leaf")
_ROOTS = din.ListOfRootCertificateIds(root_certificate_id=("root",))


def parameters(wish: Any = WISH, mode: din.EvRequestedEnergyTransfer = EXTENDED) -> Any:
    return din.ChargeParameterDiscoveryReq(ev_requested_energy_transfer_type=mode, ev_charge_parameter=wish)


def selection(
    option: din.PaymentOption = din.PaymentOption.EXTERNAL_PAYMENT, *services: int
) -> din.ServicePaymentSelectionReq:
    chosen = tuple(din.SelectedService(service_id=each) for each in services or (1,))
    return din.ServicePaymentSelectionReq(
        selected_payment_option=option, selected_service_list=din.SelectedServiceList(selected_service=chosen)
    )


def one_of_each() -> dict[type, Any]:
    """A request of each class."""
    requests = (
        din.SessionSetupReq(evcc_id=EVCC),
        din.ServiceDiscoveryReq(),
        din.ServiceDetailReq(service_id=1),
        selection(),
        din.PaymentDetailsReq(contract_id="DE8AA1A2B3C4", contract_signature_cert_chain=_CHAIN),
        din.ContractAuthenticationReq(),
        parameters(),
        START,
        din.ChargingStatusReq(),
        din.MeteringReceiptReq(session_id=bytes(8), meter_info=din.MeterInfo(meter_id="M1")),
        din.SessionStopReq(),
        din.CertificateUpdateReq(
            contract_signature_cert_chain=_CHAIN,
            contract_id="DE8AA1A2B3C4",
            list_of_root_certificate_ids=_ROOTS,
            dh_params=b"dh",
        ),
        din.CertificateInstallationReq(
            oem_provisioning_cert=b"oem", list_of_root_certificate_ids=_ROOTS, dh_params=b"dh"
        ),
        CABLE_CHECK,
        PRE_CHARGE,
        DEMAND,
        WELDING,
    )
    return {type(each): each for each in requests}


class DinBench(Bench):
    """A station that can do everything, and a car that has agreed on DIN 70121 with it."""

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(settings)
        self.session = bytes(8)
        self.tell(*STATION)
        self.join()

    def join(self) -> None:
        """A car connects and agrees on the protocol."""
        self.connect()
        offer = app_protocol.AppProtocol(
            protocol_namespace="urn:din:70121:2012:MsgDef",
            version_number_major=2,
            version_number_minor=0,
            schema_id=1,
            priority=1,
        )
        request = app_protocol.SupportedAppProtocolReq(app_protocol=(offer,))
        assert self.receive(exi.encode(request, exi.Schema.APP_PROTOCOL)) is not None

    def ask(self, body: Any, session: bytes | None = None) -> Any:
        """Send a request; the body of the answer, None if there is none."""
        header = din.MessageHeader(session_id=self.session if session is None else session)
        message = din.V2gMessage(header=header, body=din.Body(body_element=body))
        payload = self.receive(exi.encode(message, SCHEMA))
        if payload is None:
            return None
        response = exi.decode(payload, SCHEMA)
        self.session = response.header.session_id
        return response.body.body_element

    def to_authorization(self) -> None:
        self.ask(din.SessionSetupReq(evcc_id=EVCC))
        self.ask(din.ServiceDiscoveryReq())
        self.ask(selection())

    def to_parameters(self) -> None:
        self.to_authorization()
        self.ask(din.ContractAuthenticationReq())
        self.tell(GRANT)
        self.ask(din.ContractAuthenticationReq())

    def to_offer(self) -> Any:
        self.to_parameters()
        return self.ask(parameters())

    def to_pre_charge(self) -> None:
        self.to_offer()
        self.ask(CABLE_CHECK)
        self.tell(PASSED)
        self.ask(CABLE_CHECK)
        self.ask(PRE_CHARGE)

    def to_loop(self) -> Any:
        self.to_pre_charge()
        self.ask(START)
        return self.ask(DEMAND)
