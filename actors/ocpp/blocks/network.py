"""The connection to the CSMS: when there shall be one, by which profiles, and what is said of it.

Answers `stop` and `restart` of interface `ocpp`, publishes `is_connected` (S8.10, S8.11, S8.19); for tests
also `Connect` and `Disconnect`, where the site file allows it (M9.3). The link dials; this block tells it
how, anew whenever one of the variables behind it has changed. What changed counts from the next connection
on; a new password or certificate ends the present one (A01, A02, M11.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.ocpp.block import Block
from actors.ocpp.blocks import security, startup
from actors.ocpp.blocks.network_orders import read_orders
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Order
from actors.ocpp.messages import Connect, ConnectReply, Disconnect, DisconnectReply, LinkOrders, Trouble
from protocols.interfaces import evse_manager, evse_security, ocpp
from protocols.message import Failure, FailureReason, message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Var

RENEWAL_S: Final = 2.0
"""From new credentials to the new connection: what is being answered over the old one is answered."""
EVENTS: Final[Mapping[Trouble, str]] = MappingProxyType(
    {
        Trouble.CREDENTIALS: "FailedToAuthenticateAtCsms",
        Trouble.CERTIFICATE: "InvalidCsmsCertificate",
        Trouble.TLS_VERSION: "InvalidTLSVersion",
        Trouble.TLS_CIPHER: "InvalidTLSCipherSuite",
    }
)
"""Why there is no connection, as far as it is a security event."""
UNCONTROLLED: Final = Failure(
    reason=FailureReason.UNSUPPORTED, detail="EnableExternalWebsocketControl is off in the site file"
)
RECONFIGURED: Final = "ReconfigurationOfSecurityParameters"


@message
class Network:
    """What holds over lives of this actor."""

    site_life: str = ""
    renewal: int = 0
    stopped: bool = False
    cut: bool = False
    """`Disconnect` was said, and `Connect` not since."""
    dialled: bool = False
    """The link has its orders, in this life of the site."""
    renew_for: str = ""
    """Why the connection is to be made anew soon; empty: it is not."""

    @property
    def key(self) -> str:
        """There is one."""
        return ""


@dataclass(slots=True)
class Told:
    """What was said in this life."""

    orders: LinkOrders | None = None
    problems: tuple[str, ...] = ()
    troubles: set[Trouble] = field(default_factory=set)
    """Of which a security event was reported since there was a connection."""


def _state(turn: Turn) -> Network:
    return turn.get(Network) or Network()


# -- orders ------------------------------------------------------------------------------------------------


def refresh(turn: Turn) -> None:
    """Variables behind the orders may have changed: tell the link, if there is news for it."""
    state = _state(turn)
    if not state.dialled or state.stopped or state.cut:
        return
    reading = read_orders(turn.model, state.renewal)
    told = turn.live.of(Told)
    if reading.problems != told.problems:
        told.problems = reading.problems
        for problem in reading.problems:
            turn.note("network_profile_unusable", warning=True, problem=problem)
    _order(turn, reading.orders)


def renew(turn: Turn, why: str) -> None:
    """Soon make a new connection in place of this one, with what has changed (A01.FR.11, A02.FR.08)."""
    turn.put(replace(_state(turn), renew_for=why))
    turn.start("network renew", RENEWAL_S)


def _renew(turn: Turn) -> None:
    state = _state(turn)
    turn.put(replace(state, renewal=state.renewal + 1, renew_for=""))
    security.report(turn, RECONFIGURED, state.renew_for)
    refresh(turn)


def _order(turn: Turn, orders: LinkOrders) -> None:
    told = turn.live.of(Told)
    if orders != told.orders:
        told.orders = orders
        turn.effects.append(Order(orders))


def _resumed(turn: Turn) -> None:
    state = _state(turn)
    if state.site_life != turn.settings.site_life:
        turn.put(Network(site_life=turn.settings.site_life, renewal=state.renewal))
        turn.start("network patience", startup.PATIENCE_S)
        return
    turn.live.stopped = state.stopped
    if state.renew_for:
        turn.start("network renew", RENEWAL_S)
    if state.stopped or state.cut:
        _order(turn, LinkOrders(online=False))
    elif state.dialled:
        refresh(turn)
    if not (state.stopped or state.dialled):
        turn.start("network patience", startup.PATIENCE_S)


def _evse_there(turn: Turn, _peer: Peer, _news: Var) -> None:
    """M9.6: once all EVSEs are, and `DelayOcppStart` after that."""
    if startup.ready(turn):
        turn.cancel("network patience")
        _dial_later(turn)


def _dial_later(turn: Turn) -> None:
    if not _state(turn).dialled:
        turn.start("network dial", turn.settings.start_delay_s)


def _out_of_patience(turn: Turn) -> None:
    """A station with an EVSE that does not come is within reach nevertheless."""
    turn.note("evses_not_ready", warning=True, waited_s=startup.PATIENCE_S)
    _dial_later(turn)


def _dial(turn: Turn) -> None:
    turn.put(replace(_state(turn), dialled=True))
    refresh(turn)


def _fired(turn: Turn, what: str) -> None:
    _TIMERS[what](turn)


_TIMERS: Final[Mapping[str, Callable[[Turn], None]]] = MappingProxyType(
    {
        "dial": _dial,
        "patience": _out_of_patience,
        "renew": _renew,
    }
)


# -- stop and restart --------------------------------------------------------------------------------------


def _stop(turn: Turn, tag: int, _command: ocpp.Stop) -> None:
    """S8.10; holds until `restart`, or until the site starts anew."""
    stopped = not turn.live.stopped
    turn.live.stopped = True
    turn.put(replace(_state(turn), stopped=True))
    _order(turn, LinkOrders(online=False))
    turn.answer(tag, ocpp.StopReply(stopped=stopped))


def _restart(turn: Turn, tag: int, _command: ocpp.Restart) -> None:
    """S8.11."""
    restarted = turn.live.stopped
    turn.live.stopped = False
    turn.put(replace(_state(turn), stopped=False, cut=False, dialled=True))
    refresh(turn)
    turn.answer(tag, ocpp.RestartReply(restarted=restarted))


def _disconnect(turn: Turn, tag: int, _command: Disconnect) -> None:
    """M9.3; holds until `Connect` or `restart`, or until the site starts anew."""
    if not turn.settings.external_control:
        turn.answer(tag, UNCONTROLLED)
        return
    state = _state(turn)
    turn.put(replace(state, cut=True))
    _order(turn, LinkOrders(online=False))
    turn.answer(tag, DisconnectReply(changed=not state.cut))


def _connect(turn: Turn, tag: int, _command: Connect) -> None:
    """M9.3; what `ocpp.Stop` has ended stays so, and nobody dials before the EVSEs are there."""
    if not turn.settings.external_control:
        turn.answer(tag, UNCONTROLLED)
        return
    state = _state(turn)
    turn.put(replace(state, cut=False))
    refresh(turn)
    turn.answer(tag, ConnectReply(changed=state.cut))


# -- how it is -----------------------------------------------------------------------------------------------


def _connected(turn: Turn) -> None:
    link = turn.live.link
    assert link is not None  # the core says so when it has one
    turn.live.of(Told).troubles.clear()
    if link.slot is not None:
        turn.model.put(variables.ACTIVE_NETWORK_PROFILE, link.slot)
    if link.security_profile is not None:
        turn.model.put(variables.SECURITY_PROFILE, link.security_profile)  # A05.FR.05
    turn.publish(ocpp.IsConnected(connected=True), retain=True)
    refresh(turn)


def _disconnected(turn: Turn) -> None:
    turn.publish(ocpp.IsConnected(connected=False), retain=True)


def _link_said(turn: Turn) -> None:
    """A security event for each kind of trouble until there is a connection, not for each attempt.

    Such events are never given up for space: two profiles that fail in two ways, again and again, must not
    fill the disk with them.
    """
    link = turn.live.link
    told = turn.live.of(Told)
    if link is None or link.trouble is None or link.connection or link.trouble in told.troubles:
        return
    told.troubles.add(link.trouble)
    if (event := EVENTS.get(link.trouble)) is not None:
        security.report(turn, event, link.detail)


def _store_updated(turn: Turn, _peer: Peer, news: evse_security.CertificateStoreUpdate) -> None:
    """M11.5: a new certificate of our own is used at once where the connection depends on it."""
    if security.renews_connection(turn, news.update):
        renew(turn, "a new client certificate")


BLOCK: Final[Block] = Block(
    name="network",
    resumed=_resumed,
    connected=_connected,
    disconnected=_disconnected,
    link_said=_link_said,
    commands={ocpp.Stop: _stop, ocpp.Restart: _restart, Connect: _connect, Disconnect: _disconnect},
    news={
        evse_manager.Ready: _evse_there,
        evse_manager.WaitingForExternalReady: _evse_there,
        evse_security.CertificateStoreUpdate: _store_updated,
    },
    timers={"network": _fired},
)
