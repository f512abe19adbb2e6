"""A car of ISO 15118-2 for tests of the station's core: one request at a time, in the test's own order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from protocols.interfaces import evse_security
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import app_protocol, exi, iso2, signature, xmldsig
from protocols.types import authorization, iso15118, powermeter, units
from protocols.types import evse_security as security_types
from tests.support import certificates
from tests.support.secc import NOW, Bench

if TYPE_CHECKING:
    from actors.v2g.secc.settings import Settings

SCHEMA = exi.Schema.ISO2
NAMESPACE = "urn:iso:15118:2:2013:MsgDef"
EVCC = bytes.fromhex("0A1B2C3D4E5F")
AC_MODE = iso2.EnergyTransferMode.AC_THREE_PHASE_CORE
DC_MODE = iso2.EnergyTransferMode.DC_EXTENDED
STATUS = iso2.DcEvStatus(ev_ready=True, ev_error_code=iso2.DcEvErrorCode.NO_ERROR, ev_ress_soc_percent=40)
CONTRACT = iso2.PaymentOption.CONTRACT
EXTERNAL = iso2.PaymentOption.EXTERNAL_PAYMENT


def quantity(number: float, unit: str) -> iso2.PhysicalValue:
    return iso2.PhysicalValue.from_decimal(number, iso2.UnitSymbol(unit))


AC_WISH = iso2.AcEvChargeParameter(
    departure_time_s=3600,
    e_amount=quantity(20000, "Wh"),
    ev_max_voltage=quantity(400, "V"),
    ev_max_current=quantity(32, "A"),
    ev_min_current=quantity(6, "A"),
)
DC_WISH = iso2.DcEvChargeParameter(
    dc_ev_status=STATUS,
    ev_maximum_current_limit=quantity(300, "A"),
    ev_maximum_power_limit=quantity(150000, "W"),
    ev_maximum_voltage_limit=quantity(500, "V"),
    ev_energy_capacity=quantity(80000, "Wh"),
    ev_energy_request=quantity(40000, "Wh"),
    full_soc_percent=100,
    bulk_soc_percent=80,
)
_ROOTS = iso2.ListOfRootCertificateIds(
    root_certificate_id=(xmldsig.X509IssuerSerial(x509_issuer_name="CN=Root", x509_serial_number=1),)
)
INSTALL = iso2.CertificateInstallationReq(
    oem_provisioning_cert=b"oem", list_of_root_certificate_ids=_ROOTS, id="ID1"
)
UPDATE = iso2.CertificateUpdateReq(
    contract_signature_cert_chain=iso2.CertificateChain(certificate=b"old"),
    emaid="DE8EVSC0000001X",
    list_of_root_certificate_ids=_ROOTS,
    id="ID1",
)
CABLE_CHECK = iso2.CableCheckReq(dc_ev_status=STATUS)
PRE_CHARGE = iso2.PreChargeReq(
    dc_ev_status=STATUS, ev_target_voltage=quantity(400, "V"), ev_target_current=quantity(2, "A")
)
DEMAND = iso2.CurrentDemandReq(
    dc_ev_status=STATUS,
    ev_target_current=quantity(100, "A"),
    ev_target_voltage=quantity(400, "V"),
    charging_complete=False,
)
WELDING = iso2.WeldingDetectionReq(dc_ev_status=STATUS)
STATUS_REQ = iso2.ChargingStatusReq()
START = iso2.PowerDeliveryReq(charge_progress=iso2.ChargeProgress.START, sa_schedule_tuple_id=1)
STOP = iso2.PowerDeliveryReq(charge_progress=iso2.ChargeProgress.STOP, sa_schedule_tuple_id=1)
RENEGOTIATE = iso2.PowerDeliveryReq(charge_progress=iso2.ChargeProgress.RENEGOTIATE, sa_schedule_tuple_id=1)
TERMINATE = iso2.SessionStopReq(charging_session=iso2.ChargingSession.TERMINATE)
PAUSE = iso2.SessionStopReq(charging_session=iso2.ChargingSession.PAUSE)
METER = powermeter.Powermeter(
    timestamp=NOW, meter_id="M1", energy_wh_import=units.Energy(total_wh=Decimal("1234.5"))
)
GRANT = charger.AuthorizationResponse(
    authorization_status=authorization.AuthorizationStatus.ACCEPTED,
    certificate_status=authorization.CertificateStatus.ACCEPTED,
)


def refusal(
    status: authorization.AuthorizationStatus = authorization.AuthorizationStatus.INVALID,
    certificate: authorization.CertificateStatus = authorization.CertificateStatus.ACCEPTED,
) -> charger.AuthorizationResponse:
    return charger.AuthorizationResponse(authorization_status=status, certificate_status=certificate)


def contract_chain() -> iso2.CertificateChain:
    leaf, *above = certificates.world()["MO_LEAF"].chain
    subs = iso2.SubCertificates(certificate=tuple(map(certificates.der, above)))
    return iso2.CertificateChain(certificate=certificates.der(leaf), sub_certificates=subs)


RECEIPT = iso2.MeteringReceiptReq(session_id=bytes(8), meter_info=iso2.MeterInfo(meter_id="M1"), id="ID1")


def details(emaid: str = "DE8EVSC0000001X") -> iso2.PaymentDetailsReq:
    return iso2.PaymentDetailsReq(emaid=emaid, contract_signature_cert_chain=contract_chain())


def parameters(mode: iso2.EnergyTransferMode, wish: Any = None) -> iso2.ChargeParameterDiscoveryReq:
    usual = DC_WISH if mode.startswith("DC") else AC_WISH
    return iso2.ChargeParameterDiscoveryReq(
        requested_energy_transfer_mode=mode, ev_charge_parameter=wish or usual
    )


def selection(option: iso2.PaymentOption, *services: int) -> iso2.PaymentServiceSelectionReq:
    chosen = tuple(iso2.SelectedService(service_id=each) for each in services or (1,))
    return iso2.PaymentServiceSelectionReq(
        selected_payment_option=option,
        selected_service_list=iso2.SelectedServiceList(selected_service=chosen),
    )


OCSP_REPLY = evse_security.GetMoOcspRequestDataReply(
    request_data=security_types.OCSPRequestDataList(
        ocsp_request_data_list=(
            security_types.OCSPRequestData(
                certificate_hash_data=security_types.CertificateHashData(
                    hash_algorithm=security_types.HashAlgorithm.SHA256,
                    issuer_name_hash="aa",
                    issuer_key_hash="bb",
                    serial_number="1",
                ),
                responder_url="http://ocsp",
            ),
            security_types.OCSPRequestData(),
        )
    )
)


def one_of_each() -> dict[type, Any]:
    """A request of each class."""
    requests = (
        iso2.SessionSetupReq(evcc_id=EVCC),
        iso2.ServiceDiscoveryReq(),
        iso2.ServiceDetailReq(service_id=1),
        selection(EXTERNAL),
        details(),
        iso2.AuthorizationReq(),
        parameters(DC_MODE),
        START,
        RECEIPT,
        TERMINATE,
        UPDATE,
        INSTALL,
        STATUS_REQ,
        CABLE_CHECK,
        PRE_CHARGE,
        DEMAND,
        WELDING,
    )
    return {type(each): each for each in requests}


class Iso2Bench(Bench):
    """A station that can do everything, and a car that has agreed on ISO 15118-2 with it."""

    def __init__(self, settings: Settings | None = None, *, tls: bool = False, dc: bool = True) -> None:
        super().__init__(settings)
        self.session = bytes(8)
        self.mode = DC_MODE if dc else AC_MODE
        self.tell(*STATION)
        self.join(tls=tls)

    def join(self, *, tls: bool = False) -> None:
        """A car connects and agrees on the protocol."""
        self.connect("TLSv1.2" if tls else None)
        offer = app_protocol.AppProtocol(
            protocol_namespace=NAMESPACE,
            version_number_major=2,
            version_number_minor=0,
            schema_id=1,
            priority=1,
        )
        request = app_protocol.SupportedAppProtocolReq(app_protocol=(offer,))
        assert self.receive(exi.encode(request, exi.Schema.APP_PROTOCOL)) is not None

    def message(self, body: Any, session: bytes | None = None) -> iso2.V2gMessage:
        header = iso2.MessageHeader(session_id=self.session if session is None else session)
        return iso2.V2gMessage(header=header, body=iso2.Body(body_element=body))

    def ask(self, body: Any, session: bytes | None = None) -> Any:
        """Send a request; the body of the answer, None while there is none."""
        return self.send(self.message(body, session))

    def sign(self, body: Any) -> Any:
        """As `ask`, signed with the contract's key."""
        key: Any = certificates.world()["MO_LEAF"].key
        return self.send(signature.sign(self.message(body), key, signature.ISO2))

    def send(self, message: iso2.V2gMessage) -> Any:
        self.receive(exi.encode(message, SCHEMA))
        return self.response()

    def response(self) -> Any:
        """The body of what the last input made the station send."""
        payload = self.sent()
        if payload is None:
            return None
        message = exi.decode(payload, SCHEMA)
        self.session = message.header.session_id
        return message.body.body_element

    def set_up(self, evcc: bytes = EVCC, session: bytes = bytes(8)) -> Any:
        return self.ask(iso2.SessionSetupReq(evcc_id=evcc), session)

    def to_services(self) -> None:
        self.set_up()
        self.ask(iso2.ServiceDiscoveryReq())

    def to_authorization(self, option: iso2.PaymentOption = EXTERNAL) -> None:
        """Up to where AuthorizationReq is due."""
        self.to_services()
        self.ask(selection(option))
        if option is CONTRACT:
            self.ask(details())
            for ask in tuple(self.asks):
                self.answer(ask, ANSWERS[ask])
            self.challenge = self.response().gen_challenge

    def to_parameters(self, option: iso2.PaymentOption = EXTERNAL) -> None:
        """Up to where ChargeParameterDiscoveryReq is due."""
        self.to_authorization(option)
        if option is CONTRACT:
            self.sign(iso2.AuthorizationReq(gen_challenge=self.challenge, id="ID1"))
        else:
            self.ask(iso2.AuthorizationReq())
        self.tell(GRANT)
        assert self.ask(iso2.AuthorizationReq()).evse_processing is iso2.EvseProcessing.FINISHED

    def to_offer(self, option: iso2.PaymentOption = EXTERNAL) -> Any:
        self.to_parameters(option)
        return self.ask(parameters(self.mode))

    def to_pre_charge(self) -> None:
        """DC: up to where PowerDelivery is due."""
        self.to_offer()
        self.ask(CABLE_CHECK)
        self.tell(charger.CableCheckFinished(status=True))
        self.ask(CABLE_CHECK)
        self.ask(PRE_CHARGE)

    def to_loop(self, option: iso2.PaymentOption = EXTERNAL) -> Any:
        """Into the charging loop; the first response of it."""
        self.to_offer(option)
        if self.mode is DC_MODE:
            self.ask(CABLE_CHECK)
            self.tell(charger.CableCheckFinished(status=True))
            self.ask(CABLE_CHECK)
            self.ask(PRE_CHARGE)
            self.ask(START)
            return self.ask(DEMAND)
        self.ask(START)
        self.tell(charger.AcContactorClosed(status=True))
        return self.ask(STATUS_REQ)


ANSWERS: dict[str, Any] = {
    "contract ocsp request data": OCSP_REPLY,
    "verify contract": evse_security.VerifyCertificateReply(
        result=security_types.CertificateValidationResult.VALID
    ),
}
STATION = (
    charger.Setup(
        evse_id=iso15118.EVSEID(evse_id="DE*EVS*E1", evse_id_din="49A80737A45678"),
        sae_j2847_mode=iso15118.SaeJ2847BidiMode.NONE,
        debug_mode=False,
    ),
    charger.SetChargingParameters(
        physical_values=iso15118.SetupPhysicalValues(
            ac_nominal_voltage_v=230.0,
            dc_current_regulation_tolerance_a=1.0,
            dc_peak_current_ripple_a=2.0,
            dc_energy_to_be_delivered_wh=10000.0,
        )
    ),
    charger.SessionSetup(
        payment_options=(iso15118.PaymentOption.CONTRACT, iso15118.PaymentOption.EXTERNAL_PAYMENT),
        supported_certificate_service=True,
        central_contract_validation_allowed=False,
    ),
    charger.UpdateEnergyTransferModes(
        supported_energy_transfer_modes=(
            iso15118.EnergyTransferMode.AC_THREE_PHASE_CORE,
            iso15118.EnergyTransferMode.AC_SINGLE_PHASE_CORE,
            iso15118.EnergyTransferMode.DC_EXTENDED,
        )
    ),
    charger.UpdateAcMaxCurrent(max_current_a=16.0),
    charger.UpdateDcMaximumLimits(
        maximum_limits=iso15118.DcEvseMaximumLimits(
            evse_maximum_current_limit_a=200.0,
            evse_maximum_power_limit_w=80000.0,
            evse_maximum_voltage_limit_v=920.0,
        )
    ),
    charger.UpdateDcMinimumLimits(
        minimum_limits=iso15118.DcEvseMinimumLimits(
            evse_minimum_current_limit_a=0.0,
            evse_minimum_voltage_limit_v=150.0,
            evse_minimum_power_limit_w=0.0,
        )
    ),
    charger.UpdateDcPresentValues(
        present_voltage_current=iso15118.DcEvsePresentVoltageCurrent(
            evse_present_voltage_v=400.0, evse_present_current_a=99.5
        )
    ),
    charger.UpdateMeterInfo(powermeter=METER),
)
