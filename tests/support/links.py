"""A link with its session and a certificate manager, as processes, and a car that speaks by hand."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from actors.catalog.iso15118 import EVSE_V2G
from actors.catalog.security import EVSE_SECURITY
from actors.certificates.certificates_supervisor import branch
from actors.engine.base import SiteActor, handles
from actors.engine.root import RootSupervisor
from actors.engine.supervision import ChildSpec
from actors.v2g import messages, upkeep
from actors.v2g.secc import preparation
from actors.v2g.secc.settings import Settings
from certs.pem import load_certificates
from certs.tls import ClientContext, ClientMaterial, Edition, Identity, State
from protocols.interfaces import iso15118_charger
from protocols.iso15118 import app_protocol, exi, v2gtp
from protocols.message import Command, Reply, Var, message, message_types, tag_of
from tests.support.engine import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from actors.engine.client import Client

CHARGER = "v2g/charger"
LINK, SESSION = "site/v2g", "site/v2g.session"
ISO2 = app_protocol.AppProtocol(
    protocol_namespace=v2gtp.Protocol.ISO2.value,
    version_number_major=2,
    version_number_minor=0,
    schema_id=7,
    priority=1,
)
HELLO = exi.encode(app_protocol.SupportedAppProtocolReq(app_protocol=(ISO2,)), exi.Schema.APP_PROTOCOL)
AGREED = exi.encode(
    app_protocol.SupportedAppProtocolRes(
        response_code=app_protocol.ResponseCode.OK_SUCCESSFUL_NEGOTIATION, schema_id=7
    ),
    exi.Schema.APP_PROTOCOL,
)
PATIENCE_S = 20.0


@message
class HeardReply(Reply):
    """Tags of what the link has published, in order; how talks failed, by its reason; tags of what EVerest
    does not have.
    """

    tags: tuple[str, ...]
    failures: tuple[str, ...]
    ours: tuple[str, ...]


@message
class Heard(Command):
    """Tell what you have heard."""

    answer: ClassVar[type[Reply]] = HeardReply


class Listener(SiteActor):
    """Subscribes to everything a link publishes. Its successor knows nothing of it."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: list[Var] = []

    def on_start(self) -> None:
        """Listen."""
        for kind in message_types().values():
            if issubclass(kind, Var) and kind.__module__ in (iso15118_charger.__name__, messages.__name__):
                self.subscribe(CHARGER, kind, self._heard.append)

    @handles(Heard)
    def handle_heard(self, _command: Heard) -> HeardReply:
        """All of it."""
        failed = [each for each in self._heard if isinstance(each, iso15118_charger.HlcSessionFailed)]
        return HeardReply(
            tags=self._tags(iso15118_charger.__name__),
            ours=self._tags(messages.__name__),
            failures=tuple(each.reason.value for each in failed),
        )

    def _tags(self, module: str) -> tuple[str, ...]:
        found = (type(each) for each in self._heard if type(each).__module__ == module)
        return tuple(tag_of(kind).rpartition(".")[2] for kind in found)


class Root(RootSupervisor):
    """Links with their sessions and, where a directory is given, certificates. It has no successor."""

    @classmethod
    def before_fork(cls, config: Mapping[str, Any]) -> None:
        """As a site does for its sessions."""
        super().before_fork(config)
        preparation.prepare(Settings())

    def branches(self) -> Sequence[ChildSpec]:
        """The actors of so many `links`, one by default; `played`: each with its EVSE manager, played.

        What `played` holds is configuration of `evse_player.EvsePlayerActor`.
        """
        listener = ChildSpec(id="listener", actor=f"{__name__}.Listener", grants={"listener/main": ""})
        directory = self.config.get("directory")
        certificates = [_certificates(Path(directory))] if directory else []
        links = [each for number in range(self.config.get("links", 1)) for each in self._link(number)]
        return [listener, *links, *certificates]

    def _link(self, number: int) -> Sequence[ChildSpec]:
        """One link, its session and its player."""
        module, charger = module_of(number), charger_of(number)
        security = {"security": ["certificates/main"]} if self.config.get("directory") else {}
        config = {
            "module": module,
            "parameters": {name: one.default for name, one in EVSE_V2G.parameters.items()}
            | {"device": "lo"}
            | self.config.get("parameters", {}),
            "implementations": {},
            "connections": security,
            "state": "",
        }
        names = {charger: "ISO15118_charger", f"{module}/extensions": "iso15118_extensions"}
        link = ChildSpec(
            id=module,
            actor="actors.v2g.link_actor.V2gLinkActor",
            grants=names,
            config=config,
            evse=number + 1,
        )
        session = ChildSpec(
            id=f"{module}.session",
            actor=self.config.get("session", "actors.v2g.session_actor.V2gSessionActor"),
            grants={f"{module}/{messages.SESSION}": ""},
            config=config,
            evse=number + 1,
            **upkeep.SESSION,
        )
        played = self.config.get("played")
        if not played:
            return [link, session]
        player = ChildSpec(
            id=f"player{number or ''}",
            actor="tests.support.evse_player.EvsePlayerActor",
            grants={f"player{number or ''}/main": ""},
            config={"link": charger} | (played if isinstance(played, dict) else {}),
        )
        return [link, session, player]


def _certificates(directory: Path) -> ChildSpec:
    parameters = {name: one.default for name, one in EVSE_SECURITY.parameters.items()}
    return branch(
        ChildSpec(
            id="certificates",
            actor="actors.certificates.certificate_manager_actor.CertificateManagerActor",
            grants={"certificates/main": "evse_security"},
            config={
                "module": "certificates",
                "parameters": parameters,
                "implementations": {},
                "connections": {},
                "state": str(directory / "journals"),
            },
        )
    )


def module_of(number: int) -> str:
    """The name of a link; that of the first has no number."""
    return f"v2g{number or ''}"


def charger_of(number: int) -> str:
    """The name of what a link is to its EVSE manager."""
    return f"{module_of(number)}/charger"


def heard(client: Client) -> HeardReply:
    """What the link has published so far."""
    found = client.ask("listener/main", Heard())
    assert isinstance(found, HeardReply), found
    return found


def ports(client: Client, number: int = 0) -> messages.Ports:
    """Where a link listens."""
    return eventually(lambda: _ports(client, number))


def _ports(client: Client, number: int) -> messages.Ports | None:
    """None while a killed link is being replaced."""
    found = client.ask(charger_of(number), messages.GetPorts())
    return found if isinstance(found, messages.Ports) else None


class HandCar:
    """A car's end of a connection, one frame at a time. Blocking, with a time limit."""

    def __init__(self, port: int, *, roots: Path | None = None, vehicle: Identity | None = None) -> None:
        self._socket = socket.create_connection(("::1", port), timeout=PATIENCE_S)
        self._reader = v2gtp.FrameReader()
        self._tls: Any = None
        if roots is not None:
            edition = Edition.ISO2 if vehicle is None else Edition.ISO20
            material = ClientMaterial(
                roots=load_certificates(roots.read_bytes()), editions=frozenset({edition}), identity=vehicle
            )
            self._tls = ClientContext(material).connect(now=datetime.now(UTC))
            while self._tls.state is State.HANDSHAKE:
                self._socket.sendall(self._tls.data_to_send())
                self._tls.receive_data(self._socket.recv(65536))
            if self._tls.state is not State.OPEN:
                self._socket.close()
                raise ConnectionRefusedError(str(self._tls.failure))

    @property
    def staple(self) -> bytes | None:
        """The OCSP response the station has shown, if it has shown one that counts."""
        found: bytes | None = self._tls.peer_staple
        return found

    @property
    def alert(self) -> int | None:
        """The alert that the station has sent."""
        failure = self._tls.failure
        return failure.alert if failure is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_rest: object) -> None:
        self._socket.close()

    def send(self, payload: bytes, payload_type: int = v2gtp.PayloadType.EXI) -> None:
        """One frame."""
        self.send_raw(v2gtp.encode(payload_type, payload))

    def send_raw(self, data: bytes) -> None:
        """Any bytes."""
        if self._tls is not None:
            self._tls.write(data)
            data = self._tls.data_to_send()
        self._socket.sendall(data)

    def receive(self) -> bytes | None:
        """The payload of the next frame; None when the station has closed."""
        while not isinstance(event := self._reader.next_event(), v2gtp.Frame):
            if event is v2gtp.CLOSED:
                return None
            try:
                data = self._socket.recv(65536)
            except ConnectionResetError:
                return None
            if self._tls is not None and data:
                self._tls.receive_data(data)
                data = self._tls.read()
                if not data and self._tls.state is State.OPEN:
                    continue
            self._reader.receive_data(data)
        return event.payload
