"""A whole site and its back-end as processes, and all they have said: for tests that look from outside.

    with Story(directory, {1: Car(), 2: Car(dc=True, speaks=True)}) as story:
        story.gateway.call("ev.plug_in", evse=2, behaviour="iso15118-2", payment="contract", duration_s=2)
        eventually(lambda: story.csms.said("TransactionEvent"))
        story.trace(kind="command", tag="auth_token_validator.validate_token")

The site is run by `evsite run --trace`, the back-end is `evsite csms` with a record and the keys of the same
test PKI. Cars stand there and do nothing by themselves: the Gateway moves them.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import yaml

from actors.gateway.client import GatewayClient
from actors.gateway.whereabouts import said_where
from actors.ocpp.assembly import SHIPPED
from actors.ocpp.device_model.generation import Evse, Outlet, component_files
from tests.support.charging_site import Car, site_file
from tests.support.engine import eventually
from tests.support.multiplexed import certify
from tests.support.running_site import COMMAND, ROOT, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Modules = dict[str, Any]

STATION: Final = "cp001"
READER: Final = "reader"
"""A module whose cards come over the Gateway: `reader.present`."""
PATIENCE_S: Final = 60.0
LOOK_S: Final = 0.1
CALL: Final = 2


@dataclass(frozen=True, kw_only=True)
class Said:
    """A line of the trace: docs/trace.md. `order`: the number of the line."""

    order: int
    time: str
    sender: str
    to: str | None
    """Who had asked, of a reply."""
    kind: str
    name: str
    tag: str
    content: Mapping[str, Any]
    id: int | None


class Csms:
    """`evsite csms` as a process of its own, asked over HTTP."""

    def __init__(
        self,
        directory: Path,
        *,
        pki: Path,
        script: Mapping[str, Any] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.record = directory / "csms.jsonl"
        self.log = directory / "csms.txt"
        told = directory / "csms.yaml"
        told.write_text(yaml.safe_dump(dict(script or {})), encoding="utf-8")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *COMMAND, "csms", "--port", "0", "--control", "0", "--record", str(self.record),
                    "--pki", str(pki), "--script", str(told), "--quiet", *options,
                ],
                cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        try:
            self.port, self._control = eventually(self._ports, within_s=PATIENCE_S)
        except BaseException:
            self.close()
            raise

    def _ports(self) -> tuple[int, int] | None:
        text = self.log.read_text(encoding="utf-8")
        found = re.findall(r"^  (?:stations|control) +(?:wss?|http)://127\.0\.0\.1:(\d+)", text, re.MULTILINE)
        return (int(found[0]), int(found[1])) if "Ctrl-C ends it." in text else None

    def get(self, path: str) -> Any:
        """What its control answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._control}/{path}", timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Tell its control something: a `call`, a `fault`, another `script`."""
        url = f"http://127.0.0.1:{self._control}/{path}"
        how = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(body).encode(), how)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def call(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the station for something; its answer."""
        found = self.post("call", {"station": STATION, "action": action, "payload": dict(payload)})
        assert found["answered"], found
        answer: dict[str, Any] = found["payload"]
        return answer

    def entries(self) -> list[dict[str, Any]]:
        """Everything in the record so far, oldest first; `frame` is decoded."""
        found = [json.loads(line) for line in _whole_lines(self.record)] if self.record.exists() else []
        for each in found:
            with contextlib.suppress(KeyError, ValueError):  # no frame, or none that is JSON
                each["frame"] = json.loads(each["frame"])
        return found

    def said(self, action: str) -> list[dict[str, Any]]:
        """The payloads of this action that the station has sent."""
        frames = [
            each["frame"]
            for each in self.entries()
            if each["kind"] == "frame" and each["direction"] == "in" and each["verdict"] == "good"
        ]
        return [frame[3] for frame in frames if frame[0] == CALL and frame[2] == action]

    def close(self) -> None:
        """End it in order, or otherwise."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()


class Story:
    """A site with these cars at its EVSEs, numbered from 1, and its back-end.

    `change` is called with the modules of the site file before it is written; `prepare` with the state
    directory when certificates are there and the site is not yet; `arrive` with this story once the Gateway
    lets programs in, before the boot is waited for; `script` is for the back-end. Paths:
    `state`, `certs` (the certificates of the station), `file` (of the site), `log`, `model` (of the device).

    Raises what `eventually` does when the site or the back-end does not start.
    """

    def __init__(
        self,
        directory: Path,
        cars: Mapping[int, Car],
        *,
        change: Callable[[Modules], object] = lambda _modules: None,
        prepare: Callable[[Path], object] = lambda _state: None,
        arrive: Callable[[Story], object] = lambda _story: None,
        script: Mapping[str, Any] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.directory, self.cars = directory, cars
        self.state, self.log = directory / "state", directory / "err"
        self.certs, self.model = self.state / "certs", directory / "component_config"
        self.file, self._trace = directory / "site.yaml", directory / "trace.jsonl"
        self.state.mkdir(mode=0o700)
        certify(self.state)
        prepare(self.state)
        self._heard: list[Said] = []
        self._read = 0
        """Bytes of the trace that are known."""
        self._end = contextlib.ExitStack()
        with self._end:
            self.csms = Csms(directory, pki=self.state / "car", script=script)
            self._end.callback(self.csms.close)
            device_model(self.model, self.csms.port, len(cars))
            self.file.write_text(yaml.safe_dump(self._modules(change), sort_keys=False), encoding="utf-8")
            words = "--plain", "--gateway", "0", "--trace", str(self._trace), *options
            self.site = Site(directory, *words, file=self.file)
            self._end.callback(self.site.close)
            url = eventually(lambda: said_where(self.state), within_s=PATIENCE_S)
            self.gateway = self._end.enter_context(GatewayClient(url))
            arrive(self)
            eventually(lambda: self.csms.said("BootNotification"), within_s=PATIENCE_S)
            self._end = self._end.pop_all()

    def _modules(self, change: Callable[[Modules], object]) -> dict[str, Modules]:
        """The site file: of `site_file`, the cars waiting for the Gateway, and a reader for its cards."""
        modules: Modules = yaml.safe_load(site_file(dict(self.cars), component_config=str(self.model)))[
            "active_modules"
        ]
        for number in self.cars:
            modules[f"car_{number}"]["config_module"] |= {"auto_exec": False, "auto_enable": False}
        modules[READER] = {"module": "DummyTokenProviderManual"}
        providers = modules["auth"]["connections"]["token_provider"]
        providers.append({"module_id": READER, "implementation_id": "main"})
        change(modules)
        return {"active_modules": modules}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the site and the back-end; what they have written stays."""
        self._end.close()

    def trace(self, **wanted: Any) -> list[Said]:
        """What actors have said to one another so far, oldest first, as far as its fields are these."""
        with self._trace.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            self._heard.append(_said(len(self._heard), json.loads(line)))
        return [each for each in self._heard if all(getattr(each, name) == wanted[name] for name in wanted)]

    def reply(self, command: Said) -> Said:
        """The reply to a command of the trace, the first after it: an asker that died counts anew."""
        found = self.trace(kind="reply", id=command.id, name=command.name, to=command.sender)
        later = [each for each in found if each.order > command.order]
        assert later, f"no reply to {command.tag} in line {command.order + 1}"
        return later[0]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """What the actors have logged under this name."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        read = (json.loads(line) for line in lines if line.startswith("{"))
        return [each for each in read if each["event"] == event]

    def present(self, token: str, *evses: int) -> None:
        """Hold a card before the reader."""
        self.gateway.call("reader.present", token=token, evses=list(evses), reader=READER)

    def transactions(self, evse: int, kind: str) -> list[dict[str, Any]]:
        """The TransactionEvents of this type of an EVSE that the back-end has got."""
        events = self.csms.said("TransactionEvent")
        mine = {transaction_of(each) for each in events if each.get("evse", {}).get("id") == evse}
        return [each for each in events if transaction_of(each) in mine and each["eventType"] == kind]

    def until(self, what: Callable[[], Any]) -> Any:
        """What it gives, as soon as that is something. Raises AssertionError when that takes too long.

        It looks ten times a second: who looks more often takes the site's time.
        """
        end_s = time.monotonic() + PATIENCE_S
        while not (found := what()):
            assert time.monotonic() < end_s, f"not within {PATIENCE_S:g} s"
            time.sleep(LOOK_S)  # files of other processes tell nobody that they have grown
        return found


def transaction_of(event: Mapping[str, Any]) -> str:
    """The transaction that a TransactionEvent is of."""
    return str(event["transactionInfo"]["transactionId"])


def _whole_lines(file: Path) -> list[str]:
    """The lines of a file without the one that is being written."""
    text = file.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1].splitlines()


def _said(order: int, line: Mapping[str, Any]) -> Said:
    return Said(
        order=order,
        time=line["time"],
        sender=line["from"],
        to=line.get("to"),
        kind=line["kind"],
        name=line["name"],
        tag=line["tag"],
        content=line["content"],
        id=line.get("id"),
    )


def device_model(directory: Path, port: int, evses: int) -> Path:
    """The shipped device model for so many EVSEs, with the CSMS at a port of loopback."""
    shutil.copytree(SHIPPED / "standardized", directory / "standardized")
    (directory / "custom").mkdir()
    for name, content in component_files([Evse(connectors=(Outlet(),))] * evses).items():
        (directory / "custom" / name).write_text(content, encoding="utf-8")
    file = directory / "standardized" / "InternalCtrlr.json"
    text = file.read_text(encoding="utf-8").replace("ws://localhost:9000", f"ws://127.0.0.1:{port}")
    file.write_text(text, encoding="utf-8")
    return directory
