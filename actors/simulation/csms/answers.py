"""The answer to each action of a station, in OCPP 2.0.1 and 2.1. Pure.

Payloads are made in the shape of 2.1; `answer` cuts them down for an older peer. What an answer brings with
it, as CertificateSigned behind SignCertificate, is put into `Asked.follows`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.simulation.csms import tokens
from actors.simulation.csms.authority import Standing, Use
from actors.simulation.csms.installation import NoContractError, install
from certs.errors import CertificateError
from protocols.ocpp import schemas
from protocols.ocpp.errors import Code, RefusalError
from protocols.ocpp.projection import project
from protocols.ocpp.times import text_of
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from actors.simulation.csms.authority import Authority
    from actors.simulation.csms.script import Script
    from actors.simulation.csms.transactions import Transactions
    from protocols.ocpp.frames import Payload


@dataclass(frozen=True, slots=True)
class Follow:
    """Something to be asked of the station behind an answer."""

    action: str
    payload: Payload
    after_s: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call of a station, and what its answer may stand on."""

    station: str
    version: Version
    action: str
    payload: Payload
    now: datetime
    script: Script
    authority: Authority | None
    transactions: Transactions
    follows: list[Follow] = field(default_factory=list)


def answer(asked: Asked) -> Payload:
    """The answer. RefusalError for what no station may ask in this version."""
    make = ANSWERS.get(asked.action)
    if make is None or asked.action not in schemas.actions(asked.version):
        known = asked.action in schemas.actions(asked.version)
        raise RefusalError(Code.NOT_SUPPORTED if known else Code.NOT_IMPLEMENTED, "no action of stations")
    return project(asked.version, asked.action, make(asked), answer=True)


def boot(asked: Asked) -> Payload:
    """Accepted; the same in every version."""
    now = text_of(asked.now)
    return {"currentTime": now, "interval": asked.script.heartbeat_s, "status": "Accepted"}


def heartbeat(asked: Asked) -> Payload:
    """The time of day."""
    return {"currentTime": text_of(asked.now)}


def nothing(_asked: Asked) -> Payload:
    """It has been heard."""
    return {}


def _status(status: str, _asked: Asked) -> Payload:
    return {"status": status}


def authorize(asked: Asked) -> Payload:
    """What the script says of the token, and the PKI of the contract's certificate."""
    info = tokens.token_info(asked.script, asked.payload["idToken"], asked.now)
    checked = tokens.check_contract(asked.payload, asked.authority, asked.now)
    if checked is None:
        return {"idTokenInfo": info}
    if not checked.good:
        info = {"status": checked.token_status}
    elif info["status"] != tokens.ACCEPTED:
        return {"idTokenInfo": info, "certificateStatus": "ContractCancelled"}
    return {"idTokenInfo": info, "certificateStatus": checked.status}


def _transaction(asked: Asked) -> Payload:
    one = asked.transactions.told(asked.station, asked.payload, asked.now)
    made: Payload = {}
    if (token := asked.payload.get("idToken")) is not None:
        made["idTokenInfo"] = tokens.token_info(asked.script, token, asked.now)
    if asked.script.price_per_kwh is not None and asked.payload["eventType"] != "Started":
        made["totalCost"] = round(one.energy_wh / 1000 * asked.script.price_per_kwh, 4)
    return made


def sign_certificate(asked: Asked) -> Payload:
    """Accepted, and CertificateSigned behind it; Rejected where nothing can be signed."""
    settings, payload = asked.script.certificates, asked.payload
    if asked.authority is None or not settings.sign:
        return _refused("Rejected", "NoCA", "nothing is signed here")
    use = Use(payload.get("certificateType", Use.STATION))
    try:
        chain = asked.authority.sign(payload["csr"], use, asked.now)
    except CertificateError as error:
        return _refused("Rejected", "InvalidCSR", str(error))
    signed: Payload = {"certificateChain": chain, "certificateType": use.value}
    if "requestId" in payload:
        signed["requestId"] = payload["requestId"]
    asked.follows.append(Follow("CertificateSigned", signed, settings.sign_after_s))
    return {"status": "Accepted"}


def _refused(status: str, code: str, text: str) -> Payload:
    return {"status": status, "statusInfo": {"reasonCode": code, "additionalInfo": text[:1024]}}


def ev_certificate(asked: Asked) -> Payload:
    """The car's own answer, in EXI."""
    refusal: Payload = {"exiResponse": ""}
    if asked.authority is None:
        return {**_refused("Failed", "NoCA", "no PKI"), **refusal}
    payload = asked.payload
    try:
        request = base64.b64decode(payload["exiRequest"], validate=True)
        emaid_of = partial(tokens.emaid_for, asked.script)
        namespace = payload["iso15118SchemaVersion"]
        made = install(request, namespace, asked.authority, emaid_of, asked.now)
    except ValueError:  # neither base64 nor, it may be, ASCII
        return {**_refused("Failed", "InvalidRequest", "no base64"), **refusal}
    except NoContractError as error:
        return {**_refused("Failed", "NoContract", str(error)), **refusal}
    return {"status": "Accepted", "exiResponse": base64.b64encode(made).decode("ascii")}


def certificate_status(asked: Asked) -> Payload:
    """An OCSP response of the CA that issued the certificate."""
    try:
        data = tokens.hash_data(asked.payload["ocspRequestData"])
    except CertificateError as error:
        return _refused("Failed", "InvalidHashData", str(error))
    found = asked.authority.ocsp_response(data, asked.now) if asked.authority is not None else None
    if found is None:
        return _refused("Failed", "UnknownIssuer", "no CA of this PKI has issued it")
    return {"status": "Accepted", "ocspResult": base64.b64encode(found).decode("ascii")}


def _chain_status(asked: Asked) -> Payload:
    return {
        "certificateStatus": [_one_status(each, asked) for each in asked.payload["certificateStatusRequests"]]
    }


def _one_status(request: Payload, asked: Asked) -> Payload:
    given, standing, until = request["certificateHashData"], Standing.UNKNOWN, asked.now
    if asked.authority is not None:
        until = asked.authority.next_update(asked.now)
        try:
            standing = asked.authority.standing(tokens.hash_data(given), asked.now)
        except CertificateError:
            standing = Standing.UNKNOWN
    return {
        "certificateHashData": given,
        "source": request["source"],
        "status": standing.value,
        "nextUpdate": text_of(until),
    }


def _data_transfer(_asked: Asked) -> Payload:
    return {"status": "UnknownVendorId"}


def _charging_needs(asked: Asked) -> Payload:
    schedule, evse = asked.script.schedule, asked.payload["evseId"]
    running = asked.transactions.open_at(asked.station, evse)
    if schedule is None or running is None:
        return {"status": "NoChargingProfile" if asked.version is Version.V21 else "Rejected"}
    profile: Payload = {
        "id": 1,
        "stackLevel": schedule.stack_level,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "transactionId": running.id,
        "chargingSchedule": [
            {
                "id": 1,
                "startSchedule": text_of(asked.now),
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": schedule.limit_w}],
            }
        ],
    }
    asked.follows.append(Follow("SetChargingProfile", {"evseId": evse, "chargingProfile": profile}))
    return {"status": "Accepted"}


def _vat(asked: Asked) -> Payload:
    made: Payload = {"status": "Accepted", "vatNumber": asked.payload["vatNumber"]}
    return made | ({"evseId": asked.payload["evseId"]} if "evseId" in asked.payload else {})


ANSWERS: Final[Mapping[str, Callable[[Asked], Payload]]] = MappingProxyType(
    {
        "Authorize": authorize,
        "BootNotification": boot,
        "DataTransfer": _data_transfer,
        "Get15118EVCertificate": ev_certificate,
        "GetCertificateChainStatus": _chain_status,
        "GetCertificateStatus": certificate_status,
        "Heartbeat": heartbeat,
        "NotifyEVChargingNeeds": _charging_needs,
        "NotifyEVChargingSchedule": partial(_status, "Accepted"),
        "OpenPeriodicEventStream": partial(_status, "Accepted"),
        "PullDynamicScheduleUpdate": partial(_status, "Rejected"),
        "SignCertificate": sign_certificate,
        "TransactionEvent": _transaction,
        "VatNumberValidation": _vat,
        **dict.fromkeys(
            (
                "BatterySwap",
                "ClearedChargingLimit",
                "ClosePeriodicEventStream",
                "FirmwareStatusNotification",
                "LogStatusNotification",
                "MeterValues",
                "NotifyChargingLimit",
                "NotifyCustomerInformation",
                "NotifyDERAlarm",
                "NotifyDERStartStop",
                "NotifyDisplayMessages",
                "NotifyEvent",
                "NotifyMonitoringReport",
                "NotifyPriorityCharging",
                "NotifyReport",
                "NotifySettlement",
                "PublishFirmwareStatusNotification",
                "ReportChargingProfiles",
                "ReportDERControl",
                "ReservationStatusUpdate",
                "SecurityEventNotification",
                "StatusNotification",
            ),
            nothing,
        ),
    }
)
"""Every action that a station may call."""
