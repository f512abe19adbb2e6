"""OCPP 2.1 towards a back-end: frames, the way of an event to the wire, and what waits after hours offline.

    python -m tests.benchmarks.ocpp_bench [--calls 2000] [--events 200] [--hours 8] [--evses 24]

Charge point, link, journal and websocket are real; the EVSE managers are played by one actor and the back-end
by a thread of this process that answers at once. "bare client": a client of the package `ocpp`, which neither
keeps nor checks more than schemas, against the same back-end in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve
from websockets.typing import Subprotocol

from actors.engine.base import SiteActor, handles
from actors.engine.root import RootSupervisor
from actors.engine.supervision import ChildSpec
from actors.engine.system import free_port
from actors.evse.messages import EvseCondition, OutletCondition
from actors.ocpp.assembly import SHIPPED
from actors.ocpp.device_model.generation import Evse as Described
from actors.ocpp.device_model.generation import Outlet, component_files
from actors.ocpp.ocpp_supervisor import branch
from protocols.interfaces import evse_manager
from protocols.message import Command, Reply, message
from protocols.types.evse_manager import SessionEvent, SessionEventEnum
from tests.benchmarks.machine import Figure, cpu_s, describe, in_ms, print_table, pss_kib
from tests.support.engine import eventually, pids, running
from tests.support.ocpp_point import NAMES, PARAMETERS, config_of
from tests.support.ocpp_transactions import Evse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from websockets.sync.server import ServerConnection

    from actors.engine.client import Client
    from actors.ocpp.inputs import Target

SPOKEN = Subprotocol("ocpp2.1")
POINT, LINK = "site/ocpp/charge_point", "site/ocpp/csms_link"
CALL, RESULT = 2, 3
ASKED = {
    "getVariableData": [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]
}
ANSWERS: dict[str, dict[str, Any]] = {
    "BootNotification": {"interval": 3600, "status": "Accepted"},
    "Authorize": {"idTokenInfo": {"status": "Accepted"}},
    "DataTransfer": {"status": "Accepted"},
    "SignCertificate": {"status": "Rejected"},
    "GetCertificateStatus": {"status": "Failed"},
}
TIMED = frozenset({"BootNotification", "Heartbeat"})
PAUSES = 2
"""In each transaction; each is two changes of the charging state."""


@message
class SaidReply(Reply):
    """When it was published, by the clock all processes share."""

    at_s: float


@message
class Say(Command):
    """Publish a session event, or how the EVSE stands."""

    answer: ClassVar[type[Reply]] = SaidReply

    evse: int
    event: SessionEvent | None = None
    condition: EvseCondition | None = None


class ManagersActor(SiteActor):
    """All EVSE managers of the site; they are ready, and say what they are told to."""

    def on_start(self) -> None:
        for number in range(1, self.config["evses"] + 1):
            name = f"evse_{number}/evse"
            self.publish(evse_manager.Ready(ready=True), name, retain=True)
            free = EvseCondition(evse_id=number, connectors=(OutletCondition(connector_id=1),))
            self.publish(free, name, retain=True)

    @handles(Say)
    def handle_say(self, command: Say) -> SaidReply:
        name, now_s = f"evse_{command.evse}/evse", time.monotonic()
        if command.event is not None:
            self.publish(evse_manager.SessionEvent(event=command.event), name)
        if command.condition is not None:
            self.publish(command.condition, name, retain=True)
        return SaidReply(at_s=now_s)


class Root(RootSupervisor):
    """The actors of OCPP and those around them. It has no successor."""

    def branches(self) -> Sequence[ChildSpec]:
        """All of them."""
        count = len(self.config["evses"])
        names = {f"evse_{number}/evse": "evse_manager" for number in range(1, count + 1)}
        grants = {name: interface for name, interface in NAMES.items() if interface}
        main = ChildSpec(
            id="ocpp",
            actor="actors.ocpp.charge_point_actor.ChargePointActor",
            grants=grants,
            config=self.config,
        )
        actor = f"{ManagersActor.__module__}.{ManagersActor.__name__}"
        managers = ChildSpec(id="managers", actor=actor, grants={**names, "managers/main": ""},
                             config={"evses": count})  # fmt: skip
        return [managers, branch(main)]


class Csms:
    """Answers everything at once; asks one thing after the other when it is told to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: list[tuple[float, str, dict[str, Any]]] = []
        self.connection: ServerConnection | None = None
        self._results = threading.Semaphore(0)
        self._numbers = iter(range(1_000_000_000))
        self._server = serve(self._serve, "127.0.0.1", port, subprotocols=[SPOKEN], compression=None)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _serve(self, connection: ServerConnection) -> None:
        self.connection = connection
        try:
            for text in connection:
                self._take(connection, json.loads(text))
        except ConnectionClosed:
            pass

    def _take(self, connection: ServerConnection, frame: list[Any]) -> None:
        if frame[0] != CALL:
            self._results.release()
            return
        self.seen.append((time.monotonic(), frame[2], frame[3]))
        answer = dict(ANSWERS.get(frame[2], {}))
        if frame[2] in TIMED:
            answer["currentTime"] = datetime.now(UTC).isoformat()
        connection.send(json.dumps([RESULT, frame[1], answer]))

    def ask(self, count: int) -> float:
        """So many calls, one after the other; seconds."""
        connection = self.connection
        assert connection is not None
        begun_s = time.monotonic()
        for _ in range(count):
            connection.send(json.dumps([CALL, str(next(self._numbers)), "GetVariables", ASKED]))
            assert self._results.acquire(timeout=30)
        return time.monotonic() - begun_s

    def times(self, action: str) -> list[float]:
        """When messages of this action came."""
        return [at_s for at_s, each, _payload in self.seen if each == action]

    def transactions(self) -> int:
        """How many events of transactions have come."""
        return len(self.times("TransactionEvent"))

    def ended(self) -> int:
        """How many transactions are over."""
        return sum(payload.get("eventType") == "Ended" for _at_s, _action, payload in self.seen)

    def close(self) -> None:
        """No more connections, and the present one ends."""
        self._server.shutdown()
        if self.connection is not None:
            self.connection.close()


class Shore:
    """What `Evse` needs to speak through the played managers."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.now = datetime.now(UTC)
        self.said_s = 0.0

    def say(self, _target: Target, news: Any, number: int = 1) -> None:
        """Publish it."""
        event = news.event if isinstance(news, evse_manager.SessionEvent) else None
        condition = news if isinstance(news, EvseCondition) else None
        reply = self.client.ask("managers/main", Say(evse=number, event=event, condition=condition))
        assert isinstance(reply, SaidReply), reply
        self.said_s = reply.at_s


BARE = """
import asyncio, sys, time, datetime
import websockets
from ocpp.routing import on
from ocpp.v21 import ChargePoint, call, call_result, datatypes, enums

class Station(ChargePoint):
    @on("GetVariables")
    def variables(self, get_variable_data, **_rest):
        one = get_variable_data[0]
        return call_result.GetVariables([{"attribute_status": "Accepted", "attribute_value": "1800",
                                          "component": one["component"], "variable": one["variable"]}])

async def main(port, count):
    url = f"ws://127.0.0.1:{port}/bare"
    async with websockets.connect(url, subprotocols=["ocpp2.1"], compression=None) as line:
        station = Station("bare", line)
        task = asyncio.create_task(station.start())
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        begun, used = time.monotonic(), time.process_time()
        for number in range(count):
            await station.call(call.TransactionEvent(
                event_type="Updated", timestamp=now, trigger_reason="MeterValuePeriodic", seq_no=number,
                transaction_info={"transaction_id": "0" * 36, "charging_state": "Charging"}))
        print(time.monotonic() - begun, time.process_time() - used, flush=True)
        await task  # calls of the back-end are answered until it ends us

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""


def main() -> int:
    """Measure and print; exit code 1 when a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--hours", type=int, default=8)
    parser.add_argument("--evses", type=int, default=24)
    arguments = parser.parse_args()
    title = describe()
    with tempfile.TemporaryDirectory() as name:
        port = free_port("127.0.0.1")
        config = _config(pathlib.Path(name), port, arguments.evses)
        with running(Root, config) as (_system, client):
            figures = _measure(client, port, arguments)
    held = print_table(f"{title}, {os.getloadavg()[0]:.1f} at the end", figures)
    return 0 if held else 1


def _config(directory: pathlib.Path, port: int, evses: int) -> dict[str, Any]:
    model = directory / "component_config"
    shutil.copytree(SHIPPED / "standardized", model / "standardized")
    (model / "custom").mkdir()
    for name, text in component_files([Described(connectors=(Outlet(),))] * evses).items():
        (model / "custom" / name).write_text(text)
    file = model / "standardized/InternalCtrlr.json"
    file.write_text(file.read_text().replace("ws://localhost:9000", f"ws://127.0.0.1:{port}"))
    config = config_of(
        directory,
        evses={str(number): 1 for number in range(1, evses + 1)},
        peers=[["evse_manager", number, f"evse_{number}/evse"] for number in range(1, evses + 1)],
    )
    parameters = {**PARAMETERS, "MessageLogPath": str(directory / "logs")}
    manager = config["modules"].pop("evse_1")
    del config["modules"]["evse_2"]
    for number in range(1, evses + 1):
        config["modules"][f"evse_{number}"] = {**manager, "evse": number}
    return {**config, "parameters": parameters}


def _measure(client: Client, port: int, arguments: argparse.Namespace) -> list[Figure]:
    shore = Shore(client)
    evses = [Evse(shore, number) for number in range(1, arguments.evses + 1)]  # type: ignore[arg-type]  # a part
    transactions = _days_work(shore, evses, arguments.hours)
    csms = Csms(port)
    offline, flushed_s, cpu_flush_s = _flush(client, csms, transactions)
    rate, cpu_call_s = _calls(client, csms, arguments.calls)
    delays_s = [_delay(shore, csms, evses[0]) for _ in range(arguments.events)]
    weights = {name: pss_kib(int(pids(client)[name])) / 1024 for name in (POINT, LINK)}
    bare_send_s, bare_send_cpu_s, bare_rate, bare_call_cpu_s = _bare(csms, arguments.calls)
    csms.close()
    return [
        Figure(f"flush {arguments.hours} h of {arguments.evses} EVSEs offline: {offline} messages",
               f"{flushed_s:.2f} s", f"{offline / flushed_s:.0f}/s"),
        Figure("  CPU of charge point + link, each message", f"{cpu_flush_s / offline * 1e3:.2f} ms"),
        Figure("  bare client sends, each message: wall, CPU", f"{bare_send_s * 1e3:.2f} ms",
               f"{bare_send_cpu_s * 1e3:.2f} ms"),
        Figure("calls of the CSMS answered, one after the other", f"{rate:.0f}/s"),
        Figure("  CPU of charge point + link, each call", f"{cpu_call_s * 1e3:.2f} ms",
               f"{2 / cpu_call_s:.0f} frames/s per core"),
        Figure("  bare client: calls, CPU each", f"{bare_rate:.0f}/s", f"{bare_call_cpu_s * 1e3:.2f} ms"),
        in_ms("session event to frame at the back-end", delays_s),
        *(
            Figure(f"memory of {name.rpartition('/')[2]} (PSS)", f"{mib:.1f} MiB")
            for name, mib in weights.items()
        ),
    ]  # fmt: skip


def _days_work(shore: Shore, evses: list[Evse], hours: int) -> int:
    """A transaction an hour at each EVSE while the back-end is away; how many there were."""
    for _ in range(hours):
        for evse in evses:
            _charge(evse)
        shore.now += timedelta(hours=1)
    return hours * len(evses)


def _charge(evse: Evse) -> None:
    """With some changes of its state."""
    evse.plug()
    evse.authorize()
    for _ in range(PAUSES):
        evse.charge()
        evse.say(SessionEventEnum.CHARGING_PAUSED_EV)
    evse.unplug()


def _used(client: Client) -> float:
    found = pids(client)
    return sum(cpu_s(int(found[name])) for name in (POINT, LINK))


def _flush(client: Client, csms: Csms, transactions: int) -> tuple[int, float, float]:
    """How many messages came, in how long, and what they cost the station."""
    eventually(csms.transactions, 120.0)
    begun_s, before_s = csms.times("TransactionEvent")[0], _used(client)
    eventually(lambda: csms.ended() >= transactions, 300.0)
    messages = csms.transactions()
    return messages, csms.times("TransactionEvent")[-1] - begun_s, _used(client) - before_s


def _calls(client: Client, csms: Csms, count: int) -> tuple[float, float]:
    before_s = _used(client)
    took_s = csms.ask(count)
    return count / took_s, (_used(client) - before_s) / count


def _delay(shore: Shore, csms: Csms, evse: Evse) -> float:
    """From the publication of a session event to its frame at the back-end."""
    before = csms.transactions()
    evse.plug()
    evse.authorize()
    said_s = shore.said_s
    eventually(lambda: csms.transactions() > before, 10.0)
    arrived_s = csms.times("TransactionEvent")[before]
    evse.unplug()
    eventually(lambda: csms.transactions() > before + 1, 10.0)
    return arrived_s - said_s


def _bare(csms: Csms, count: int) -> tuple[float, float, float, float]:
    """The package's client: seconds and CPU of each message it sends, calls a second, CPU of each."""
    before = csms.connection
    process = subprocess.Popen(
        [sys.executable, "-c", BARE, str(csms.port), str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    sent_s, used_s = map(float, process.stdout.readline().split())
    assert csms.connection is not before
    began_s = cpu_s(process.pid)
    took_s = csms.ask(count)
    call_cpu_s = (cpu_s(process.pid) - began_s) / count
    process.kill()
    process.wait()
    return sent_s / count, used_s / count, count / took_s, call_cpu_s


if __name__ == "__main__":
    sys.exit(main())
