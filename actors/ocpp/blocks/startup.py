"""The start: all EVSEs first, then what variables say to the site, then the go (M9.6, M9.8, S9.2, S9.21).

An EVSE is there when it says that it is ready, or that it waits for us. Once all are, Auth and the EVSE
managers are told what variables say, and then every EVSE gets its go. A manager that begins anew and waits
again gets its own. Nobody needs to be told in a certain life: to say it again changes nothing.

An EVSE that stays away does not keep the others waiting for ever: after `PATIENCE_S` they get their go, and
the CSMS is dialled (`network`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.block import Block
from actors.ocpp.blocks import outside_evses
from actors.ocpp.blocks.iso15118_switches import contracts, installs_contracts
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.component import Source
from actors.ocpp.inputs import Target
from protocols.interfaces import auth, evse_manager
from protocols.message import Failure, FailureReason
from protocols.types.evse_manager import PlugAndChargeConfiguration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.ocpp.device_model.names import Place
    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

AGAIN_S: Final = 5.0
"""After something that could not be said."""
PATIENCE_S: Final = 60.0
"""From the beginning of a life: so long whoever waits for all EVSEs waits for one that does not come."""
HOPELESS: Final = frozenset({FailureReason.UNSUPPORTED, FailureReason.UNKNOWN_NAME})
"""Saying it again would not help."""
CONNECTION_TIMEOUT_S: Final = (10, 300)
"""What Auth takes; the CSMS may set more or less (M1)."""
LONGEST_GROUP: Final = 36


@dataclass(slots=True)
class Start:
    """How far it has come in this life."""

    there: set[int] = field(default_factory=set)
    """EVSEs that are ready, or wait for us."""
    went: bool = False
    """Those that were there have got their go."""


def ready(turn: Turn) -> bool:
    """Whether all EVSEs are there: before, nobody dials the CSMS (S9.21)."""
    return turn.live.of(Start).there >= set(turn.settings.evses)


# -- what the site is told of the device model ---------------------------------------------------------------


def push_connection_timeout(turn: Turn) -> None:
    """TxCtrlr.EVConnectionTimeOut, to Auth (S11.3).

    Bounded, save where it is a parameter of the site file: Auth has started with that, however long it is.
    """
    if turn.is_connected(Target.AUTH):
        shortest_s, longest_s = CONNECTION_TIMEOUT_S
        value_s = turn.model.read(variables.CONNECTION_TIMEOUT)
        timeout_s = min(max(value_s, shortest_s), longest_s)
        if timeout_s == value_s or not _is_parameter(turn, variables.CONNECTION_TIMEOUT.at()):
            _tell(turn, "connection_timeout", auth.SetConnectionTimeout(connection_timeout_s=timeout_s))


def _is_parameter(turn: Turn, place: Place) -> bool:
    return turn.model.components[place.component].variables[place.variable].source is Source.SITE


def push_master_pass(turn: Turn) -> None:
    """AuthCtrlr.MasterPassGroupId, to Auth (S11.4)."""
    if turn.is_connected(Target.AUTH):
        group = turn.model.read(variables.MASTER_PASS_GROUP)[:LONGEST_GROUP]
        _tell(turn, "master_pass", auth.SetMasterPassGroupId(master_pass_group_id=group))


def push_plug_and_charge(turn: Turn) -> None:
    """PnCEnabled and its companions of ISO15118Ctrlr, to every EVSE manager (M9.8)."""
    for evse_id in turn.settings.evses:
        _push_plug_and_charge(turn, evse_id)


def _push_plug_and_charge(turn: Turn, evse_id: int) -> None:
    model = turn.model
    wish = PlugAndChargeConfiguration(
        pnc_enabled=contracts(model),
        central_contract_validation_allowed=model.read(variables.CENTRAL_VALIDATION),
        contract_certificate_installation_enabled=installs_contracts(model),
    )
    command = evse_manager.SetPlugAndChargeConfiguration(plug_and_charge_configuration=wish)
    _tell(turn, "plug_and_charge", command, evse_id)


def _tell(turn: Turn, what: str, command: Any, evse_id: int = 0) -> None:
    target = Target.EVSE_MANAGER if evse_id else Target.AUTH
    turn.ask(target, command, "startup.told", number=evse_id or 1, what=what, evse_id=evse_id)


def _go(turn: Turn, evse_id: int) -> None:
    _tell(turn, "go", evse_manager.ExternalReadyToStartCharging(), evse_id)


SAYINGS: Final[Mapping[str, Callable[[Turn, int], None]]] = MappingProxyType(
    {
        "connection_timeout": lambda turn, _evse_id: push_connection_timeout(turn),
        "master_pass": lambda turn, _evse_id: push_master_pass(turn),
        "plug_and_charge": _push_plug_and_charge,
        "go": _go,
    }
)
"""How each is said again."""


def _told(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    if isinstance(reply, Failure) and reply.reason not in HOPELESS:
        turn.start(f"startup {context['what']} {context['evse_id']}", AGAIN_S)


def _again(turn: Turn, rest: str) -> None:
    what, _, evse_id = rest.partition(" ")
    SAYINGS[what](turn, int(evse_id))


# -- the order -----------------------------------------------------------------------------------------------


def _resumed(turn: Turn) -> None:
    for evse_id in turn.settings.evses:
        turn.ask(Target.EVSE_MANAGER, evse_manager.GetEvse(), "startup.evse", number=evse_id, evse_id=evse_id)
    turn.start("startup_patience", PATIENCE_S)


def _evse(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """S9.2, M9.5. The site file is checked for this; a manager that sees it otherwise is told of."""
    if not isinstance(reply, evse_manager.GetEvseReply):
        return
    outside_evses.heard(turn, context["evse_id"])
    if reply.evse.id != context["evse_id"]:
        turn.note("evse_out_of_order", warning=True, expected=context["evse_id"], found=reply.evse.id)


def _waits(turn: Turn, peer: Peer, news: evse_manager.WaitingForExternalReady) -> None:
    if news.waiting:
        _there(turn, peer.number, waits=True)


def _ready(turn: Turn, peer: Peer, news: evse_manager.Ready) -> None:
    if news.ready:
        _there(turn, peer.number, waits=False)


def _there(turn: Turn, evse_id: int, *, waits: bool) -> None:
    start = turn.live.of(Start)
    start.there.add(evse_id)
    if start.went:
        if waits:
            _push_plug_and_charge(turn, evse_id)
            _go(turn, evse_id)
    elif ready(turn):
        turn.cancel("startup_patience")
        _begin(turn, start)


def _out_of_patience(turn: Turn, _rest: str) -> None:
    start = turn.live.of(Start)
    missing = sorted(set(turn.settings.evses) - start.there)
    turn.note("evses_missing", warning=True, evses=missing)
    _begin(turn, start)


def _begin(turn: Turn, start: Start) -> None:
    """Tell everybody, then let those go that are there."""
    start.went = True
    push_connection_timeout(turn)
    push_master_pass(turn)
    push_plug_and_charge(turn)
    for each in sorted(start.there):
        _go(turn, each)


BLOCK: Final = Block(
    name="startup",
    resumed=_resumed,
    news={evse_manager.WaitingForExternalReady: _waits, evse_manager.Ready: _ready},
    replies={"startup.evse": _evse, "startup.told": _told},
    timers={"startup": _again, "startup_patience": _out_of_patience},
)
