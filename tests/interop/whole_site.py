"""A foreign car, a whole site of ours and a foreign back-end: charges from the plug to the last message.

    python -m tests.interop.whole_site [--venv .venv-interop] [--only NAME] [--keep DIR]

In each case the car of the PyPI package `iso15118` charges once at an EVSE of one `evsite run`, over a cable
between two hosts; the site's charge point is connected to a small program around the npm package `ocpp-rpc`
in its strict mode, or the PyPI package `ocpp` with its validation on. Ours is only what stands between the
two. The plug is put in, and the hardware moved, as the car's log asks for (`car_body`). Whether a contract
is good is decided here, from the hashes that `cryptography` makes for OCSP; contracts are installed with
answers of our provisioning service, sent by the foreign back-end. A case passes when the car has stopped in
order, the back-end was told of the whole transaction, with energy, and its library has refused no frame.

Needs root (network namespaces), Java, the package's own environment, and Node.js for the npm package;
what is missing is skipped with the reason. Exit code 1 when something happens that is not expected.
"""

from __future__ import annotations

import functools
import itertools
import json
import pathlib
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from certs.names import common_name
from protocols.message import Failure
from tests.interop import ev_peer, ocpp_scenario, peer_pki
from tests.interop.car_body import Body
from tests.interop.exi_java import say
from tests.interop.ocpp_back_ends import BackEnd, SilentError, back_end
from tests.interop.ocpp_certificates import hash_data
from tests.interop.ocpp_peer import LIBRARY, PROGRAMS, RPC, VERSIONS
from tests.interop.ocpp_run import Run
from tests.interop.ocpp_service import Service
from tests.interop.ocpp_site import running_site
from tests.interop.peers import CAR, CAR_WITH_TLS_20, cable, peer, text_of
from tests.interop.table import Limit, Outcome, keep_log, run_all
from tests.support.charging_site import Car
from tests.support.multiplexed import living_pki

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from actors.engine.client import Client
    from tests.interop.ocpp_back_ends import Payload
    from tests.interop.ocpp_site import Modules
    from tests.support.network import Cable

SESSION_S: Final = 120.0
"""The longest a charge may take, from the start of the car's program on."""
LOOK_S: Final = 0.02
"""Between two looks at its log: what its body does must not be late."""
CALLS: Final = "Sending SDPRequest"
"""In its log; it calls every 250 ms for a dozen seconds."""
CLOSED: Final = "TCP connection closed to peer"
"""Five seconds after the end of its session."""
ANSWERS: Final = ocpp_scenario.ANSWERS | {
    "BootNotification": (ocpp_scenario.BOOT,),
    "SecurityEventNotification": ({},),
}
BLOCKED: Final = {"idTokenInfo": {"status": "Blocked"}, "certificateStatus": "Accepted"}
TOLD_NO: Final = "Negative response code ResponseCode.FAILED received with message AuthorizationRes"
"""In its log."""
EVSE: Final = 1
START: Final = {"remoteStartId": 77, "evseId": EVSE, "idToken": ocpp_scenario.REMOTE}
LOOPS: Final = {"chargeLoopCycle": 6, "chargeLoopDelay": 1}
"""So many messages of the charging loop, and as many seconds between two: some energy flows."""


class Case(NamedTuple):
    """One charge."""

    name: str
    config: dict[str, Any]
    """The car's configuration file."""
    back_end: str
    version: str
    pay: str = "contract"
    """Or `install`: by one that is installed on the way; `refused`: by one that the back-end does not want;
    `afar`: started by the back-end.
    """
    limit: Limit | None = None
    program: tuple[str, ...] = CAR
    chains: Mapping[str, peer_pki.Names] = peer_pki.CHAINS
    settings: dict[str, str] = {}  # noqa: RUF012  # nobody changes it

    @property
    def dc(self) -> bool:
        """Whether it charges by direct current."""
        return "DC" in self.name


def _cases() -> Iterator[Case]:
    ac, dc = (ev_peer.iso2(service, tls=True) for service in ("AC", "DC"))
    for peer_name, version in ((RPC, "2.0.1"), (LIBRARY, "2.0.1"), (LIBRARY, "2.1")):
        yield Case(_name("-2 AC contract", peer_name, version), ac, peer_name, version)
        yield Case(_name("-2 DC contract", peer_name, version), dc, peer_name, version)
    yield Case(_name("-2 AC contract refused", RPC, "2.0.1"), ac, RPC, "2.0.1", "refused")
    yield Case(_name("-2 DC contract refused", LIBRARY, "2.1"), dc, LIBRARY, "2.1", "refused")
    new = ev_peer.iso2("DC", tls=True, install=True)
    for peer_name in (RPC, LIBRARY):
        name = _name("-2 DC contract installed", peer_name, "2.0.1")
        yield Case(name, new, peer_name, "2.0.1", "install")
    yield Case(_name("-2 AC TLS from afar", RPC, "2.0.1"), ac, RPC, "2.0.1", "afar")
    yield Case(_name("DIN DC from afar", LIBRARY, "2.1"), ev_peer.DIN, LIBRARY, "2.1", "afar")
    yield Case(
        _name("-20 AC TLS 1.3 from afar", RPC, "2.1"),
        ev_peer.iso20("AC", tls=True), RPC, "2.1", "afar", program=CAR_WITH_TLS_20, **ev_peer.TLS_20,
    )  # fmt: skip


def _name(what: str, peer_name: str, version: str) -> str:
    return f"{what}, {peer_name.partition(' ')[0]} {version}"


CASES: Final = tuple(_cases())


def play(case: Case, python: pathlib.Path, keep: str) -> Outcome:
    """One charge."""
    program = programs(python.parents[1])[case.back_end]()
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory() as name, cable() as laid:
        directory = pathlib.Path(name)
        peer_pki.write(living_pki(), directory / "peer", case.chains)
        change = functools.partial(furnish, case, laid.device(0))
        cars = {EVSE: Car(dc=case.dc, speaks=True, iso20=True)}
        with laid.inside(0), back_end(program, case.version) as running:
            prepare(running, case)
            with running_site(directory, running.port, cars, change) as site, site.client() as client:
                run, log = Run(running, site, case.version), directory / "peer.log"
                try:
                    charge(case, run, Visit(client, laid, python, directory))
                except (SilentError, ConnectionError) as error:
                    run.found.append(str(error))
                run.found += running.complaints
                said = text_of(log) if log.exists() else ""
            keep_log(keep, f"whole {case.name}", said)
            keep_log(keep, f"whole site {case.name}", text_of(site.log))
            keep_log(keep, f"whole frames {case.name}", "\n".join(map(str, running.frames)))
    return Outcome(not run.found, time.monotonic() - begun_s, "; ".join(run.found), said)


@functools.cache
def programs(folder: pathlib.Path) -> Mapping[str, Any]:
    """The back-ends, each made once; what cannot be had here says so again each time it is wanted."""
    return {name: functools.cache(functools.partial(made, folder)) for name, made in PROGRAMS.items()}


def furnish(case: Case, device: str, modules: Modules) -> None:
    """The site without cars of its own, its link on the cable."""
    for name in (f"car_{EVSE}", f"car_{EVSE}_v2g"):
        del modules[name]
    modules[f"v2g_{EVSE}"]["config_module"] |= {"device": device, "supported_DIN70121": True}
    modules[f"evse_{EVSE}"]["config_module"]["payment_enable_contract"] = case.pay != "afar"


def prepare(running: BackEnd, case: Case) -> None:
    """What the back-end answers."""
    for action, payloads in ANSWERS.items():
        running.answer(action, *payloads)
    service = Service(VERSIONS[case.version])
    for action in ("GetCertificateStatus", "Get15118EVCertificate"):
        running.serve(action, functools.partial(service.answer, action))
    running.serve("Authorize", (lambda _asked: BLOCKED) if case.pay == "refused" else judged)


def judged(asked: Payload) -> Payload:
    """Of a contract that is known, and whose chain has been told as OCSP has it, that it may charge."""
    path = living_pki()["MO_LEAF"].path
    known = [hash_data(leaf, issuer) for leaf, issuer in itertools.pairwise(path)]
    told = [
        {name: value for name, value in each.items() if name != "responderURL"}
        for each in asked.get("iso15118CertificateHashData", ())
    ]
    good = named(asked) == token() and told[:1] == known[:1] and all(each in known for each in told)
    status = ("Accepted", "Accepted") if good else ("Invalid", "CertificateRevoked")
    return {"idTokenInfo": {"status": status[0]}, "certificateStatus": status[1]}


def token() -> Payload:
    """What the contract is called."""
    return {"idToken": common_name(living_pki()["MO_LEAF"].certificate), "type": "eMAID"}


def named(said: Payload) -> Payload:
    """The token of a message, without what 2.1 says besides: which car it is."""
    return {name: value for name, value in said["idToken"].items() if name != "additionalInfo"}


# -- one charge ----------------------------------------------------------------------------------------------


class Visit(NamedTuple):
    """What a car needs that comes to a site."""

    client: Client
    laid: Cable
    python: pathlib.Path
    directory: pathlib.Path


def charge(case: Case, run: Run, visit: Visit) -> None:
    """From the boot of the station to the end of the transaction at the back-end."""
    run.back_end.awaited("BootNotification", within_s=90.0)
    _status(run, "Available", 0)
    if case.pay == "afar":
        run.status("RequestStartTransaction", START, "Accepted")
    before = len(run.back_end.said("StatusNotification"))
    _PAID[case.pay](run, charged(case, visit))
    for wanted in ("Occupied", "Available"):
        before = _status(run, wanted, before)


def charged(case: Case, visit: Visit) -> str:
    """The log of the car, which has come, charged as far as it could, and left."""
    config = visit.directory / "ev.json"
    config.write_text(json.dumps(case.config | LOOPS), encoding="utf-8")
    program, device = (*case.program, str(config)), visit.laid.device(1)

    def tell(car: Any) -> None:
        if isinstance(reply := visit.client.ask(f"plant:{EVSE}", car), Failure):
            raise ConnectionError(f"the hardware does not answer: {reply}")

    body, plugged, end_s = Body(tell, dc=case.dc), False, time.monotonic() + SESSION_S
    with (
        visit.laid.inside(1),
        peer(visit.python, program, visit.directory, device, **case.settings) as (process, log),
        visit.laid.inside(0),
    ):
        while process.poll() is None and time.monotonic() < end_s and CLOSED not in text_of(log):
            if not plugged and CALLS in text_of(log):
                plugged = True
                body.plug_in()
            body.follow(text_of(log))
            time.sleep(LOOK_S)  # files of other processes tell nobody that they have grown
        body.follow(text_of(log))
        body.unplug()
        return text_of(log)


# -- what has to have been seen, in the car's log and at the back-end ----------------------------------------


def _whole_charge(run: Run, log: str) -> list[Payload]:
    """E01 to E07, J02: the car has stopped in order; the transaction is whole, has energy, and its last meter
    value; its events.
    """
    run.check(ev_peer.STOPPED in log, "the car has not stopped in order")
    last = run.back_end.awaited("TransactionEvent", lambda each: each["eventType"] == "Ended")
    events = ocpp_scenario.transaction_of(run, ocpp_scenario.transaction_id(last))
    ocpp_scenario.is_whole(run, events)
    states = [each["transactionInfo"].get("chargingState") for each in events]
    run.check("Charging" in states, f"charging states: {states}")
    energy_wh = ocpp_scenario.energy_wh(events)
    run.check(energy_wh and energy_wh[-1] > energy_wh[0], f"no energy: {energy_wh}")
    sampled = [one for value in last.get("meterValue", ()) for one in value["sampledValue"]]
    contexts = {one.get("context") for one in sampled}
    run.check("Transaction.End" in contexts, f"meter values at the end: {contexts}")
    run.check(not any(each.get("offline") for each in events), "told as if it had been offline")
    reason = last["transactionInfo"].get(
        "stoppedReason"
    )  # or a busy machine has not seen the end of the talk yet
    run.check(reason in {"StoppedByEV", "EVDisconnected"}, f"stoppedReason: {reason}")
    return events


def _by_contract(run: Run, log: str) -> None:
    """C07: the back-end was asked about the contract and its chain."""
    events = _whole_charge(run, log)
    asked = run.back_end.said("Authorize")
    run.same([named(each) for each in asked], [token()], "tokens asked about")
    answers = [judged(each)["certificateStatus"] for each in asked]
    run.same(answers, ["Accepted"], "what was told of the chain is judged")
    _is_of(run, events, token())


def _by_installed(run: Run, log: str) -> None:
    """M01: the contract has come through the back-end."""
    asked = run.back_end.awaited("Get15118EVCertificate")
    run.same(asked["action"], "Install", "action")
    run.same(asked["iso15118SchemaVersion"], "urn:iso:15118:2:2013:MsgDef", "iso15118SchemaVersion")
    _by_contract(run, log)


def _refused(run: Run, log: str) -> None:
    """C07: the back-end was asked, the car told, and nothing begun."""
    run.same([named(each) for each in run.back_end.said("Authorize")], [token()], "tokens asked about")
    run.check(TOLD_NO in log, "the car was not told that it may not")
    run.same(run.back_end.said("TransactionEvent"), [], "events of a transaction")


def _from_afar(run: Run, log: str) -> None:
    """F02: the back-end has started it, and knows it again."""
    events = _whole_charge(run, log)
    started = [each["transactionInfo"].get("remoteStartId") for each in events]
    run.check(START["remoteStartId"] in started, f"remote start ids: {started}")
    _is_of(run, events, START["idToken"])


_PAID: Final = {"contract": _by_contract, "install": _by_installed, "refused": _refused, "afar": _from_afar}


def _is_of(run: Run, events: list[Payload], wanted: object) -> None:
    tokens = [named(each) for each in events if "idToken" in each]
    run.check(tokens and all(each == wanted for each in tokens), f"tokens of the transaction: {tokens}")


def _status(run: Run, wanted: str, since: int) -> int:
    """Wait for this state of the connector among what was told from there on; where to look on."""

    def found() -> int | None:
        told = run.back_end.said("StatusNotification")
        fitting = (
            number
            for number, each in enumerate(told)
            if number >= since and each["evseId"] == EVSE and each["connectorStatus"] == wanted
        )
        return None if (number := next(fitting, None)) is None else number + 1

    return run.back_end.until(found, f"the connector to be {wanted}") or since


if __name__ == "__main__":
    say("the car of the package iso15118 at a whole site of ours, at back-ends that are not ours:")
    sys.exit(run_all(CASES, play, __doc__ or "", {}))
