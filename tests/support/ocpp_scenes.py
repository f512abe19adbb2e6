"""The scenes that a station with a back-end goes through once, for all tests of rows S8, S9 and S11.

Each scene moves the site from outside (Gateway, control of the back-end) and waits for what must come of it;
tests look at what was written down meanwhile. One file because the scenes follow one another in one run.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.support.ocpp_stage import Stage, place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PATIENCE_S: Final = 10
"""The shortest time that Auth waits for a car, set by the CSMS; the site file says 60 s."""
ALIGNED_S: Final = 2
SAMPLED_S: Final = 1
SAMPLED: Final = ("Energy.Active.Import.Register", "SoC", "Current.Offered")


@functools.cache
def performed(directory: Path) -> Stage:
    """Everything that has happened, the site being over."""
    stage = Stage(directory)
    try:
        stage.mark("booted")
        _shorter_patience(stage)
        _tokens(stage)
        _variables(stage)
        _security_events(stage)
        _prices(stage)
        _data(stage)
        _silence(stage)
        _measured(stage)
        stage.mark("measured")
        _patience_over(stage)
        _service(stage)
        _freed(stage)
        _regretted(stage)
        _charge(stage)
        stage.mark("end")
    finally:
        stage.stop()
    return stage


# -- tokens and Auth -----------------------------------------------------------------------------------------


def _shorter_patience(stage: Stage) -> None:
    """A card is presented, and no car comes: that takes its time, in which the other scenes go on."""
    stage.set_variable("TxCtrlr", "EVConnectionTimeOut", str(PATIENCE_S))
    stage.story.until(lambda: _commands(stage, "auth.set_connection_timeout", PATIENCE_S))
    stage.story.present("CARD3", 1)
    stage.story.until(lambda: _statuses(stage, "CARD3", "Accepted"))


def _patience_over(stage: Stage) -> None:
    stage.story.until(lambda: _statuses(stage, "CARD3", "TimedOut"))


def _commands(stage: Stage, tag: str, value: Any) -> list[Any]:
    return [each for each in stage.story.trace(kind="command", tag=tag) if value in each.content.values()]


def _statuses(stage: Stage, card: str, status: str) -> list[Any]:
    """What Auth has said of a card."""
    said = stage.story.trace(kind="variable", tag="auth.token_validation_status")
    found = [(each, each.content["status"]) for each in said]
    return [
        each for each, now in found if now["status"] == status and now["token"]["id_token"]["value"] == card
    ]


def _authorized(stage: Stage, token: str) -> int:
    """How often the CSMS was asked about a token."""
    return sum(each["idToken"]["idToken"] == token for each in stage.csms.said("Authorize"))


def _validate(stage: Stage, token: str, kind: str = "ISO14443", **more: Any) -> Any:
    provided = {"id_token": {"value": token, "type": kind}, "authorization_type": "RFID", **more}
    command = "auth_token_validator.validate_token"
    reply = stage.gateway.ask("ocpp/auth_validator", command, provided_token=provided)
    return reply["validation_result"], _authorized(stage, token)


def _tokens(stage: Stage) -> None:
    """One nobody knows, the same when it is cached, one of the local list, a stranger's, a contract."""
    listed = {"idToken": {"idToken": "LISTED", "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}}
    wish = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [listed]}
    assert stage.csms.call("SendLocalList", wish)["status"] == "Accepted"
    stage.told["unknown"] = _validate(stage, "CARD2")
    stage.told["cached"] = _validate(stage, "CARD2")
    stage.told["listed"] = _validate(stage, "LISTED")
    stage.told["nobody's"] = _validate(stage, "STRANGER")
    chain = (stage.story.state / "car/client/mo/MO_CERT_CHAIN.pem").read_text(encoding="ascii")
    leaf = x509.load_pem_x509_certificate(chain.encode())
    emaid = str(leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    stage.told["emaid"] = emaid
    stage.told["contract"] = _validate(
        stage, emaid, "eMAID", authorization_type="PlugAndCharge", certificate=chain
    )


# -- the interface ocpp --------------------------------------------------------------------------------------

READ: Final = (
    ("ClockCtrlr", "TimeSource"),
    ("TxCtrlr", "StopTxOnInvalidId"),
    ("Nobody", "Knows"),
    ("TxCtrlr", "EVConnectionTimeOut"),
    ("AuthCtrlr", "Enabled"),
)
WATCHED: Final = (("OCPPCommCtrlr", "OfflineThreshold"), ("OCPPCommCtrlr", "HeartbeatInterval"))


def _variables(stage: Stage) -> None:
    """Read in an order of ours, set, and watch: first one, then another one besides."""
    requests = [{"component_variable": place(*each)} for each in READ]
    stage.told["read"] = stage.ocpp("get_variables", requests=requests)
    one = {"component_variable": place("OCPPCommCtrlr", "OfflineThreshold"), "value": "77"}
    two = {"component_variable": place("Nobody", "Knows"), "value": "77"}
    stage.told["set"] = stage.ocpp("set_variables", requests=[one, two], source="test")
    stage.told["seen"] = stage.get_variable("OCPPCommCtrlr", "OfflineThreshold")
    for turn, watched in enumerate(WATCHED):
        reply = stage.ocpp("monitor_variables", component_variables=[place(*watched)])
        stage.told[f"monitor {turn}"] = reply
        stage.mark(f"monitored {turn}")
        for component, variable in WATCHED:
            stage.set_variable(component, variable, str(600 + turn))
    stage.story.until(lambda: len(stage.story.trace(kind="variable", tag="ocpp.event_data")) >= 3)


def _security_events(stage: Stage) -> None:
    """One that is not critical, and behind it one that is."""
    stage.told["harmless"] = _event(stage, "harmless", critical=False)
    stage.told["critical"] = _event(stage, "critical", critical=True)
    stage.story.until(lambda: "critical" in _infos(stage))


def _event(stage: Stage, info: str, *, critical: bool) -> Any:
    event = {"type": "OrderOfTheTest", "info": info, "critical": critical}
    return stage.ocpp("security_event", event=event)


def _infos(stage: Stage) -> Sequence[str]:
    return [each.get("techInfo", "") for each in stage.csms.said("SecurityEventNotification")]


def _prices(stage: Stage) -> None:
    """What charging costs by default, by word of the CSMS."""
    stage.set_variable("TariffCostCtrlr", "TariffFallbackMessage", "0.60 EUR/kWh")
    stage.story.until(lambda: stage.story.trace(kind="variable", tag="session_cost.default_price"))


def _data(stage: Stage) -> None:
    """A vendor's message, with and without a connection."""
    stage.told["data online"] = _transfer(stage, "hello")
    stage.mark("link down")
    stage.gateway.call("link.set", up=False)
    stage.story.until(lambda: _connected(stage)[-1] is False)
    stage.told["data offline"] = _transfer(stage, "anybody?")
    stage.gateway.call("link.set", up=True)
    stage.story.until(lambda: _connected(stage)[-1] is True)
    stage.mark("link up")


def _transfer(stage: Stage, data: str) -> Any:
    request = {"vendor_id": "org.example", "message_id": "greeting", "data": f'"{data}"'}
    command = "ocpp_data_transfer.data_transfer"
    return stage.gateway.ask("ocpp/data_transfer", command, request=request)["response"]


def _connected(stage: Stage) -> list[bool]:
    said = stage.story.trace(kind="variable", tag="ocpp.is_connected")
    return [bool(each.content["connected"]) for each in said]


def _silence(stage: Stage) -> None:
    """OCPP is stopped, things happen, it goes on: of these things the CSMS never hears."""
    stage.mark("stopping")
    stage.told["stop"] = stage.ocpp("stop")
    stage.told["stop again"] = stage.ocpp("stop")
    stage.story.until(lambda: _connected(stage)[-1] is False)
    stage.mark("stopped")
    _event(stage, "while it was stopped", critical=True)
    stage.told["silent session"] = stage.program.start("CARD2", 100.0)
    stage.program.end(150.0)
    stage.told["restart"] = stage.ocpp("restart")
    stage.story.until(lambda: _connected(stage)[-1] is True)
    stage.mark("restarted")
    _event(stage, "behind the restart", critical=True)
    stage.story.until(lambda: "behind the restart" in _infos(stage))
    stage.told["restart again"] = stage.ocpp("restart")


# -- the EVSEs -----------------------------------------------------------------------------------------------


def _measured(stage: Stage) -> None:
    """Readings of the program's meter, by the clock and in a transaction; the car tells its SoC too late."""
    stage.set_variable("AlignedDataCtrlr", "Measurands", "Energy.Active.Import.Register")
    stage.set_variable("AlignedDataCtrlr", "Interval", str(ALIGNED_S))
    stage.set_variable("SampledDataCtrlr", "TxUpdatedMeasurands", ",".join(SAMPLED))
    stage.set_variable("SampledDataCtrlr", "TxUpdatedInterval", str(SAMPLED_S))
    stage.program.measure(4242.0)
    stage.story.until(lambda: len(_aligned(stage, 2)) >= 2)
    stage.told["measured session"] = stage.program.start("CARD2", 5000.0)
    stage.program.measure(5100.0, 11_000.0)
    stage.story.until(lambda: _sampled(stage, 2) >= 2)
    stage.mark("the car tells its SoC")
    stage.program.say("ev_info", ev_info={"soc": 42.0})
    stage.program.say("limits", limits={"max_current": 13.0, "nr_of_phases_available": 3})
    before = _sampled(stage, 2)
    stage.story.until(lambda: _sampled(stage, 2) >= before + 2)
    stage.program.event("ChargingPausedEV", 5150.0, charging_state_changed_event={})
    stage.program.end(5200.0)
    stage.story.until(lambda: stage.story.transactions(2, "Ended"))
    stage.until_status(2, "Available")
    stage.set_variable("AlignedDataCtrlr", "Interval", "900")
    stage.set_variable("SampledDataCtrlr", "TxUpdatedInterval", "900")


def _aligned(stage: Stage, evse: int) -> list[Any]:
    return [each for each in stage.csms.said("MeterValues") if each["evseId"] == evse]


def _sampled(stage: Stage, evse: int) -> int:
    found = stage.story.transactions(evse, "Updated")
    return sum(each["triggerReason"] == "MeterValuePeriodic" for each in found)


def _service(stage: Stage) -> None:
    """The first EVSE goes in and out of service, by word of the site, of the CSMS, and against the CSMS."""
    evse = {"id": 1}
    stage.until_status(1, "Available")
    stage.mark("out of service")
    request = {"operational_status": "Inoperative", "evse": evse}
    stage.told["change_availability"] = stage.ocpp("change_availability", request=request)
    stage.until_status(1, "Unavailable")
    stage.mark("by the CSMS")
    for number, (word, status) in enumerate([("Operative", "Available"), ("Inoperative", "Unavailable")]):
        answer = stage.csms.call("ChangeAvailability", {"operationalStatus": word, "evse": evse})
        stage.told[f"change {number}"] = answer["status"]
        stage.until_status(1, status)
    stage.mark("against the CSMS")
    stage.told["disabled here"] = _local(stage, "Disable")
    answer = stage.csms.call("ChangeAvailability", {"operationalStatus": "Operative", "evse": evse})
    stage.told["enabled there"] = answer["status"]
    stage.story.until(lambda: _told_by_csms(stage, "Enable", stage.marks["against the CSMS"][1]))
    stage.mark("nobody is against it")
    stage.told["unassigned here"] = _local(stage, "Unassigned")
    stage.until_status(1, "Available")


def _local(stage: Stage, state: str) -> Any:
    source = {"enable_source": "LocalAPI", "enable_state": state, "enable_priority": 100}
    command = "evse_manager.enable_disable"
    return stage.gateway.ask("evse_1/evse", command, connector_id=0, cmd_source=source)


def _told_by_csms(stage: Stage, state: str, since: int) -> list[Any]:
    """Replies to `enable_disable` of the charge point, since a line of the trace."""
    asked = stage.story.trace(kind="command", name="evse_1/evse", tag="evse_manager.enable_disable")
    mine = [
        each for each in asked if each.order >= since and each.content["cmd_source"]["enable_state"] == state
    ]
    replies = stage.story.trace(kind="reply", name="evse_1/evse", tag="evse_manager.enable_disable_reply")
    return [each for one in mine for each in replies if (each.id, each.order > one.order) == (one.id, True)]


def _freed(stage: Stage) -> None:
    """A plug that nobody was authorized for is freed by the CSMS."""
    stage.gateway.call("ev.plug_in", evse=1)
    stage.story.until(lambda: stage.story.trace(kind="command", tag="connector_lock.lock"))
    stage.until_status(1, "Occupied")
    stage.mark("unlock")
    stage.told["unlock"] = _unlock(stage)
    stage.mark("unlocked")
    stage.gateway.call("ev.plug_out", evse=1)
    stage.until_status(1, "Available")


def _regretted(stage: Stage) -> None:
    """The CSMS starts a transaction, regrets that it has let its token charge, and the police ends it."""
    stage.set_variable("TxCtrlr", "StopTxOnInvalidId", "false")
    stage.set_variable("AuthCtrlr", "MasterPassGroupId", "POLICE")
    stage.story.until(lambda: _commands(stage, "auth.set_master_pass_group_id", "POLICE"))
    stage.mark("remote start")
    stage.gateway.call("ev.plug_in", evse=1)
    stage.until_status(1, "Occupied")
    stage.told["start"] = stage.csms.call("RequestStartTransaction", _start("REGRETTED", 4711))
    stage.story.until(lambda: stage.story.transactions(1, "Started"))
    stage.story.until(lambda: "SuspendedEVSE" in _states(stage, 1))
    stage.mark("the police comes")
    stage.story.present("MASTER", 1)
    stage.story.until(lambda: stage.story.transactions(1, "Ended"))
    stage.gateway.call("ev.plug_out", evse=1)
    stage.until_status(1, "Available")


def _start(token: str, number: int) -> dict[str, Any]:
    return {"remoteStartId": number, "evseId": 1, "idToken": {"idToken": token, "type": "ISO14443"}}


def _states(stage: Stage, evse: int) -> list[str]:
    found = stage.story.transactions(evse, "Updated")
    return [each["transactionInfo"].get("chargingState", "") for each in found]


def _charge(stage: Stage) -> None:
    """By card; the CSMS tells the cost and ends it; it frees the plug, but for a lock that is stuck."""
    stage.mark("charge")
    stage.gateway.call("ev.plug_in", evse=1)
    stage.until_status(1, "Occupied")
    stage.story.present("CARD1", 1)
    started = stage.story.until(lambda: stage.story.transactions(1, "Started")[1:])
    transaction = started[0]["transactionInfo"]["transactionId"]
    stage.told["transaction"] = transaction
    stage.story.until(lambda: _states(stage, 1)[-1:] == ["Charging"])
    stage.told["cost updated"] = stage.csms.call(
        "CostUpdated", {"totalCost": 1.25, "transactionId": transaction}
    )
    stage.told["unlock while it charges"] = _unlock(stage)
    stage.gateway.call("lock.fail", evse=1)
    stage.mark("remote stop")
    stage.told["remote stop"] = stage.csms.call("RequestStopTransaction", {"transactionId": transaction})
    stage.story.until(lambda: stage.story.transactions(1, "Ended")[1:])
    stage.told["unlock what is stuck"] = _unlock(stage)
    stage.gateway.call("fault.clear", evse=1)
    stage.gateway.call("ev.plug_out", evse=1)
    stage.until_status(1, "Available")


def _unlock(stage: Stage) -> str:
    return str(stage.csms.call("UnlockConnector", {"evseId": 1, "connectorId": 1})["status"])
