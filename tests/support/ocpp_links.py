"""A link to a CSMS in a simulation: real sockets on loopback, one thread, a clock that the test turns."""

from __future__ import annotations

import select
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from thespian.actors import WatchMessage

from actors.engine.base import Deferred, SiteActor, handles
from actors.engine.clock import ManualClock
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.ocpp.messages import (
    Call,
    Called,
    CalledReply,
    Dialling,
    FrameSeen,
    LinkOrders,
    LinkState,
    Profile,
    SecurityNews,
)
from protocols.interfaces import evse_security
from protocols.message import Failure, FailureReason, Reply
from protocols.ocpp.version import Version
from protocols.types.evse_security import (
    CertificateInfo,
    GetCertificateInfoResult,
    GetCertificateInfoStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.ocpp_csms import Csms

LINK, POINT, SECURITY = "csms/link", "csms/point", "security/main"
VERSIONS = (Version.V21, Version.V201)
START = datetime(2026, 1, 1, tzinfo=UTC)


class PointActor(SiteActor):
    """Plays the charge point: says what it is told to, writes down what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.states: list[LinkState] = []
        self.frames: list[FrameSeen] = []
        self.news: list[SecurityNews] = []
        self.asked: list[tuple[Called, Deferred]] = []
        self.replies: list[Reply] = []

    def on_start(self) -> None:
        """Listen."""
        self.subscribe(LINK, LinkState, self.states.append)
        self.subscribe(LINK, FrameSeen, self.frames.append)
        self.subscribe(LINK, SecurityNews, self.news.append)

    @handles(LinkOrders)
    def handle_orders(self, orders: LinkOrders) -> None:
        """Publish them."""
        self.publish(orders, POINT, retain=True)

    @handles(Call)
    def handle_call(self, call: Call) -> None:
        """Have the link send it."""
        self.ask(LINK, call, self.replies.append)

    @handles(Called)
    def handle_called(self, called: Called) -> Deferred:
        """Keep it until the test answers."""
        self.asked.append((called, self.defer()))
        return self.asked[-1][1]


class SecurityActor(SiteActor):
    """Plays the certificate manager, with files."""

    files: ClassVar[dict[str, Any]] = {}

    @handles(evse_security.GetVerifyFile)
    def handle_get_verify_file(self, _command: evse_security.GetVerifyFile) -> Reply:
        """The roots, if there are any; nothing at all when it is `broken`."""
        if self.files.get("broken"):
            return Failure(reason=FailureReason.UNAVAILABLE, detail="broken")
        return evse_security.GetVerifyFileReply(path=str(self.files.get("roots", "")))

    @handles(evse_security.GetLeafCertificateInfo)
    def handle_get_leaf(self, _command: evse_security.GetLeafCertificateInfo) -> Reply:
        """The station's certificate, if there is one."""
        if (chain := self.files.get("chain")) is None:
            result = GetCertificateInfoResult(status=GetCertificateInfoStatus.NOT_FOUND)
        else:
            info = CertificateInfo(
                key=str(self.files["key"]),
                certificate=str(chain),
                certificate_count=1,
                password=self.files.get("password"),
            )
            result = GetCertificateInfoResult(status=GetCertificateInfoStatus.ACCEPTED, info=info)
        return evse_security.GetLeafCertificateInfoReply(result=result)


class Root(RootSupervisor):
    """A link, its charge point and a certificate manager. It has no successor."""

    def branches(self) -> Sequence[ChildSpec]:
        """The three."""
        config = {"charge_point": POINT, "security": SECURITY}
        return [
            ChildSpec(id="security", actor=f"{__name__}.SecurityActor", grants={SECURITY: "evse_security"}),
            ChildSpec(
                id="link",
                actor="actors.ocpp.csms_link_actor.CsmsLinkActor",
                grants={LINK: ""},
                config=config,
                stage=1,
            ),
            ChildSpec(
                id="point",
                actor=self.config.get("point", f"{__name__}.PointActor"),
                grants={POINT: ""},
                config=self.config,
                stage=1,
            ),
        ]


def profile(url: str, slot: int = 1, **changes: Any) -> Profile:
    """A profile of a station without security, unless said otherwise."""
    given = {"security_profile": 0, "message_timeout_s": 30.0, "identity": "CP 1/A"} | changes
    return Profile(slot=slot, url=url, **given)


def orders(*profiles: Profile, online: bool = True, renewal: int = 0, **changes: Any) -> LinkOrders:
    """Go online with these profiles; `changes` are those of the dialling."""
    given = {
        "versions": VERSIONS,
        "lowest_security": 0,
        "random_range_s": 0.0,
        "use_system_roots": False,
    } | changes
    return LinkOrders(online=online, profiles=profiles, dialling=Dialling(**given), renewal=renewal)


class Stage:
    """The three in one thread."""

    made: ClassVar[list[Stage]] = []
    """Those that a test has to close."""

    def __init__(self, *servers: Csms) -> None:
        self.made.append(self)
        self.servers = list(servers)
        self.clock = ManualClock(START)
        self.site = Simulation(self.clock)
        self.site.start(Root)

    @classmethod
    def close_all(cls) -> None:
        """Let go of every socket, as the end of a process would."""
        while cls.made:
            actor = cls.made.pop().site.actors().get("site/link")
            if actor is not None:
                cast("Any", actor).on_stop()
                actor.close_owned()

    @property
    def link(self) -> Any:
        """The link's actor."""
        return self.site.actor("site/link")

    @property
    def point(self) -> Any:
        """The charge point's."""
        return self.site.actor("site/point")

    @property
    def state(self) -> LinkState:
        """What the link has said last."""
        return self.point.states[-1]

    @property
    def counts(self) -> dict[str, int]:
        """What the link has counted."""
        return self.link.own_metrics().counted

    def order(self, orders: LinkOrders) -> None:
        """The charge point's word."""
        self.site.tell("site/point", orders)

    def call(self, message_id: str, action: str = "Heartbeat", payload: str = "{}") -> None:
        """Have the charge point ask for a call."""
        self.site.tell("site/point", Call(message_id=message_id, action=action, payload=payload))

    def answer(self, payload: str = "{}", **refusal: Any) -> None:
        """The charge point answers what it was asked last."""
        self.point.asked[-1][1].answer(CalledReply(payload=payload, **refusal))
        self.site.run()

    def step(self) -> None:
        """Let the kernel's news reach everybody once."""
        for server in self.servers:
            server.step()
        watched = dict(self.link._watches)
        ready, _, _ = select.select(list(watched), [], [], 0)
        if ready:
            external = self.site.base.system.systemAddress
            self.site.base.actor_send(external, self.link.myAddress, WatchMessage(ready))
        self.site.run()

    def until(self, holds: Callable[[], Any], within_s: float = 10.0) -> Any:
        """Step until something is true. The clock of the site stands still."""
        end_s = time.monotonic() + within_s
        while not (found := holds()):
            assert time.monotonic() < end_s, "it never happened"
            self.step()
            time.sleep(0.0005)
        return found

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.site.advance(seconds)

    def connected(self, orders: LinkOrders) -> Any:
        """Order, and wait for the connection; the CSMS's end of it."""
        self.order(orders)
        return self.wait_connected()

    def wait_connected(self) -> Any:
        """The CSMS's end of a connection that stands."""
        self.until(lambda: self.state.connection)
        return next(server.station for server in self.servers if server.stations)
