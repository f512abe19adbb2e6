"""A site that is authorization, played EVSEs, a validator, a reader and a store; in a simulation or not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from actors.auth.auth_supervisor import branch
from actors.auth.messages import PresentToken
from actors.catalog.auth import AUTH, DUMMY_TOKEN_VALIDATOR
from actors.engine import messages as engine
from actors.engine.base import SiteActor, handles
from actors.engine.clock import ManualClock
from actors.engine.envelope import tag_in, unpack
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.evse.messages import EvseCondition
from protocols.interfaces import auth, evse_manager, reservation
from protocols.message import Command, Reply, message
from tests.support.auth_evse import NOW, PlayedEvse
from tests.support.auth_validators import ACTOR, asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAIN = "site/auth/auth"
EVSES: dict[tuple[str, int], PlayedEvse] = {}
"""By site and number: what a manager keeps outlives it, in this process."""


@message
class Drive(Command):
    """To a played EVSE: something happens there."""

    what: str


@message
class LookReply(Reply):
    """What has become of a played EVSE."""

    charging: str = ""
    granted: tuple[str, ...] = ()
    started: tuple[str, ...] = ()


@message
class Look(Command):
    """Ask a played EVSE what has become of it."""

    answer: ClassVar[type[Reply]] = LookReply


class PlayedEvseActor(SiteActor):
    """Answers as the manager of an EVSE. Its successor finds everything as it was."""

    def on_start(self) -> None:
        """Say how it is."""
        number = self.config["number"]
        self.played = EVSES.setdefault((self.config["site"], number), PlayedEvse(number))
        self.played.out.clear()
        self.played.tell()
        self._say()

    def _say(self) -> None:
        for each in self.played.out:
            self.publish(each, self.grants[0].name, retain=isinstance(each, EvseCondition))
        self.played.out.clear()

    def _done(self, command: Command) -> Any:
        self.played.now = self.port.clock.now()
        reply = self.played.command(command)
        self._say()
        return reply

    @handles(Drive)
    def handle_drive(self, drive: Drive) -> Reply:
        """Have it happen."""
        self.played.now = self.port.clock.now()
        getattr(self.played, drive.what)()
        self._say()
        return Reply()

    @handles(Look)
    def handle_look(self, _look: Look) -> LookReply:
        """Tell."""
        running = self.played.phase.value == "Transaction"
        return LookReply(
            charging=self.played.token.id_token.value if running else "",
            granted=tuple(one.id_token.value for one, _ in self.played.granted),
            started=tuple(one.id_token.value for one, _ in self.played.started),
        )

    @handles(evse_manager.GetEvse)
    def handle_get_evse(self, cmd: evse_manager.GetEvse) -> evse_manager.GetEvseReply:
        """As played."""
        return self._done(cmd)

    @handles(evse_manager.AuthorizeResponse)
    def handle_authorize_response(self, cmd: evse_manager.AuthorizeResponse) -> Reply:
        """As played."""
        return self._done(cmd)

    @handles(evse_manager.WithdrawAuthorization)
    def handle_withdraw_authorization(self, cmd: evse_manager.WithdrawAuthorization) -> Reply:
        """As played."""
        return self._done(cmd)

    @handles(evse_manager.StopTransaction)
    def handle_stop_transaction(self, cmd: evse_manager.StopTransaction) -> evse_manager.StopTransactionReply:
        """As played."""
        return self._done(cmd)

    @handles(evse_manager.Reserve)
    def handle_reserve(self, cmd: evse_manager.Reserve) -> evse_manager.ReserveReply:
        """As played."""
        return self._done(cmd)

    @handles(evse_manager.CancelReservation)
    def handle_cancel_reservation(self, cmd: evse_manager.CancelReservation) -> Reply:
        """As played."""
        return self._done(cmd)


class Listener(SiteActor):
    """Writes down what is published, one line each. Its successor goes on writing."""

    def on_start(self) -> None:
        """Listen."""
        self.subscribe("auth/main", auth.TokenValidationStatus, self._status)
        self.subscribe("auth/reservation", reservation.ReservationUpdate, self._update)
        for name in self.config.get("evses", ()):
            self.subscribe(name, evse_manager.SessionEvent, self._event)

    def _event(self, news: evse_manager.SessionEvent) -> None:
        begun = news.event.transaction_started
        if begun is not None:
            self._write([str(news.event.event), begun.id_tag.request_id, news.event.uuid])

    def _status(self, news: auth.TokenValidationStatus) -> None:
        token = news.status.token
        self._write([token.id_token.value, token.request_id, str(news.status.status)])

    def _update(self, news: reservation.ReservationUpdate) -> None:
        self._write(["reservation", news.update.reservation_id, str(news.update.reservation_status)])

    def _write(self, line: list[Any]) -> None:
        with Path(self.config["file"]).open("a") as file:
            file.write(json.dumps(line) + "\n")


class Root(RootSupervisor):
    """All of them. It has no successor."""

    def branches(self) -> Sequence[ChildSpec]:
        """The children."""
        directory = self.config["directory"]
        numbers = range(1, self.config["evses"] + 1)
        validators = [f"validator_{each}/main" for each in range(1, len(self.config["validators"]) + 1)]
        parameters = {"connection_timeout": 60} | {
            name: one.default for name, one in AUTH.parameters.items() if one.default is not None
        }
        connections = {
            "token_provider": ["reader/main", *self.config["providers"]],
            "token_validator": validators,
            "evse_manager": [f"evse_{each}/evse" for each in numbers],
            "kvs": ["store/main"],
        }
        main = _child(
            "auth",
            "actors.auth.auth_actor.AuthActor",
            {"auth/main": "auth", "auth/reservation": "reservation"},
            module="auth",
            parameters=parameters | self.config["parameters"],
            connections=connections,
            state=f"{directory}/journals",
        )
        return [
            replace(branch(main), heartbeat_s=HEARTBEAT_S),
            _child(
                "store",
                "actors.store.store_actor.StoreActor",
                {"store/main": "kvs"},
                module="store",
                parameters={"sqlite_db_file_path": "store.db"},
                state=f"{directory}/journals",
            ),
            _child(
                "reader",
                "actors.auth.token_provider_actors.ManualProviderActor",
                {"reader/main": "auth_token_provider"},
            ),
            _child("listener", f"{__name__}.Listener", {"listener/main": ""}, file=f"{directory}/heard"),
            *(
                _child(
                    f"evse_{each}",
                    f"{__name__}.PlayedEvseActor",
                    {f"evse_{each}/evse": "evse_manager"},
                    number=each,
                    site=directory,
                )
                for each in numbers
            ),
            *(self._validator(each, values) for each, values in enumerate(self.config["validators"], 1)),
        ]

    def _validator(self, number: int, values: dict[str, Any]) -> ChildSpec:
        offered = DUMMY_TOKEN_VALIDATOR.provides["main"].parameters
        parameters = {name: one.default for name, one in offered.items()} | values
        dummy = "actors.auth.dummy_validator_actor.DummyValidatorActor"
        return _child(
            f"validator_{number}",
            ACTOR if "script" in values else dummy,
            {f"validator_{number}/main": "auth_token_validator"},
            implementations={"main": parameters},
            directory=self.config["directory"],
        )


def _child(child_id: str, actor: str, grants: dict[str, str], **config: Any) -> ChildSpec:
    defaults: dict[str, Any] = {
        "module": child_id,
        "parameters": {},
        "implementations": {},
        "connections": {},
    }
    return ChildSpec(
        id=child_id,
        actor=actor,
        grants=grants,
        config=defaults | config,
        intensity=1000,
        heartbeat_s=HEARTBEAT_S,
    )


HEARTBEAT_S = 2.0
"""Seldom: most of the time of a simulation would go into heartbeats."""
QUICK = ({"sleep": 0.0},)


def site_config(
    directory: Path,
    *,
    evses: int = 2,
    validators: Iterable[dict[str, Any]] = QUICK,
    providers: Iterable[str] = (),
    **parameters: Any,
) -> dict[str, Any]:
    """What the root is configured with; `providers` of tokens are listed besides the reader."""
    return {
        "directory": str(directory),
        "evses": evses,
        "providers": list(providers),
        "validators": list(validators),
        "parameters": parameters,
    }


def heard_in(directory: Path) -> list[list[Any]]:
    """Every status and update that was published: what it is about, its number, and what."""
    path = directory / "heard"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Stage:
    """The site in a simulation."""

    def __init__(self, directory: Path, **config: Any) -> None:
        self.directory = directory
        directory.mkdir(exist_ok=True)
        for key in [each for each in EVSES if each[0] == str(directory)]:
            del EVSES[key]
        self.simulation = Simulation(ManualClock(NOW))
        start = engine.Start(path="site", lineage="site#0", config=site_config(directory, **config))
        self.simulation.start(Root, start)
        self.simulation.advance(0.1)

    def evse(self, number: int) -> PlayedEvse:
        """What has become of an EVSE."""
        return EVSES[str(self.directory), number]

    def drive(self, number: int, what: str) -> None:
        """Something happens at an EVSE, though its manager may be dead at the moment."""
        self.when_alive(f"site/evse_{number}", Drive(what=what))

    def present(self, token: Any) -> None:
        """A card is held to the reader."""
        self.when_alive("site/reader", PresentToken(token=token))

    def when_alive(self, path: str, command: Command) -> None:
        """Tell an actor that may just be replaced."""
        for _ in range(50):
            if path in self.simulation.actors():
                self.simulation.tell(path, command)
                return
            self.simulation.advance(0.1)
        raise AssertionError(f"{path} does not come back")

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.simulation.advance(seconds)

    def ask(self, command: Command, name: str = "auth/main") -> Any:
        """A command, and its answer."""
        return self.simulation.ask(name, command)

    def lines(self) -> list[list[Any]]:
        """Everything that was published."""
        return heard_in(self.directory)

    def asked(self, validator: int = 1) -> int:
        """How often a validator with a script was asked."""
        return asked(self.directory / f"validator_{validator}.script")

    def stream(self, value: str = "CARD") -> list[str]:
        """The statuses of a token; one that is published again by a successor counts once."""
        statuses = [what for about, _number, what in self.lines() if about == value]
        return [one for place, one in enumerate(statuses) if place == 0 or statuses[place - 1] != one]

    def strike(self, pattern: str, count: int, blow: str) -> dict[str, int]:
        """As the function."""
        return strike(self.simulation, pattern, count, blow)


def strike(simulation: Simulation, pattern: str, count: int, blow: str) -> dict[str, int]:
    """Kill or hang whoever under this beginning of a path is about to handle the count-th message.

    Returns where the messages are counted; those of the engine are not.
    """
    base, seen = simulation.base, {"count": 0}
    step = base.step

    def striking() -> bool:
        letter = base._pendingSends[0] if base._pendingSends else None
        if letter is not None and isinstance(letter.msg, bytes):
            reference = base.actorRegistry.get(letter.toActor.actorAddressString)
            actor = reference.instance if reference is not None else None
            what = tag_in(unpack(letter.msg).payload)
            fits = isinstance(actor, SiteActor) and actor.path.startswith(pattern)
            if fits and not what.startswith("actors.engine."):
                seen["count"] += 1
                if seen["count"] == count:
                    getattr(simulation, blow)(actor.path)
        return step()

    base.step = striking  # type: ignore[method-assign]  # what a fault rule does to processes
    return seen
