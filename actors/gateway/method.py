"""What a method of the Gateway is: its parameters, its result, and a generator of steps. Pure.

    @form
    class Reserve:
        '''Hold an EVSE for a reservation.'''

        evse: int
        reservation_id: int

    def _reserve(scene: Scene, params: Reserve) -> Steps[Done]:
        manager = scene.site.evse(params.evse).manager
        reply = good((yield Ask(manager, evse_manager.Reserve(reservation_id=params.reservation_id))))
        if not (yield Until(lambda picture: ..., within_s=5)):
            raise RpcError(...)
        return Done()

    METHODS: Final = (Method(name="evse.reserve", params=Reserve, result=Done, run=_reserve, ...),)

The hub drives the generator: it carries out what is yielded and sends back what came of it. `Failure` is sent
back as any reply; `good` turns it into the error that the caller gets. A method that the caller or the hub
gives up is closed where it stands (`finally` is run; nothing may be yielded there).
"""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # read at run time by whoever asks for the hints
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, dataclass_transform

from pydantic import TypeAdapter, ValidationError

from actors.config.problems import nearest
from actors.gateway.rpc import Code, RpcError
from protocols.message import CONFIG, Command, Failure, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from actors.gateway.picture import Picture
    from actors.gateway.site_map import SiteMap

T = TypeVar("T")
P = TypeVar("P")
R = TypeVar("R")
A = TypeVar("A", bound=Reply)

ASK_DEADLINE_S: Final = 5.0
MOST_NAMED: Final = 24
"""So many are named to who asks for one that is not there."""
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}
SITE: Final = ""
"""The name under which the site's root is asked, for `GetTree` and the like."""


class Scope(enum.StrEnum):
    """What a token allows."""

    OBSERVE = "observe"
    """Look at everything that is no secret."""
    CONTROL = "control"
    """Ask actors for whatever their interfaces offer."""
    SIMULATE = "simulate"
    """Move what is simulated: cars, cards, faults."""
    INTEGRATE = "integrate"
    """Be a part of the site."""


# -- steps ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a name; gives its reply, or Failure. It waits for an actor that is being replaced."""

    name: str
    command: Command
    deadline_s: float = ASK_DEADLINE_S


@dataclass(frozen=True, slots=True)
class All:
    """Ask several at once; gives the replies, in this order."""

    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait; gives None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Until:
    """Wait until the picture is so; gives whether it was in time. Looked at again whenever it changes."""

    what: Callable[[Picture], bool]
    within_s: float


@dataclass(frozen=True, slots=True)
class Listen:
    """Tell the caller news of these topics from now on; gives None.

    `names`: whose variables, for the topic `variables`. Raises RpcError where the caller cannot be told.
    """

    topics: frozenset[str]
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unlisten:
    """Tell the caller no more news of these topics (`names`: of these only); gives None."""

    topics: frozenset[str]
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AskClient:
    """Ask the program at the other end of a connection; gives its rpc.Answer.

    One that has gone, or does not answer in time, has answered with an error.
    """

    connection: int
    method: str
    params: dict[str, Any]
    deadline_s: float = ASK_DEADLINE_S


@dataclass(frozen=True, slots=True)
class Kill:
    """Send a signal to one of the site's processes; gives None."""

    pid: int
    signal: int


Step = Ask | All | Sleep | Until | Listen | Unlisten | AskClient | Kill
Steps = Generator[Step, Any, T]
"""What a method's function returns: its steps, and at the end its result."""


@dataclass(slots=True)
class Scene:
    """What a method may look at."""

    now: datetime
    """UTC; goes on from step to step."""
    site: SiteMap
    picture: Picture
    caller: int
    """The connection the request came by; another number for each request over plain HTTP."""
    faults: bool = False
    """Whether faults may be injected in this run of the site."""
    push: bool = False
    """Whether the caller can be told and asked something: it came by WebSocket."""


# -- forms ---------------------------------------------------------------------------------------------------


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,))
def form(kind: type[T]) -> type[T]:
    """Make a class an immutable dataclass of JSON values: exact types, no unknown field, as messages are."""
    kind.__pydantic_config__ = CONFIG  # type: ignore[attr-defined]  # pydantic looks for it by this name
    return dataclass(frozen=True, slots=True, kw_only=True)(kind)


@form
class Nothing:
    """No parameters."""


@form
class Done:
    """It was done; there is nothing to report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method(Generic[P, R]):
    """One method. Its documentation is the docstring of its parameters' class, or `doc`."""

    name: str
    params: type[P]
    result: type[R]
    run: Callable[[Scene, P], Steps[R]]
    scope: Scope
    simulated: bool = False
    """Whether it is only there where something is simulated."""
    doc: str = ""

    @property
    def meaning(self) -> str:
        """What it does, for people."""
        return self.doc or " ".join((self.params.__doc__ or "").split())

    def prepare(self) -> None:
        """Build now what the first call would build."""
        adapter(self.params)
        adapter(self.result)

    def read(self, params: dict[str, Any]) -> P:
        """The parameters as an object. Raises RpcError."""
        try:
            read: P = adapter(self.params).validate_json(json.dumps(params, allow_nan=False))
        except ValidationError as error:
            raise RpcError(Code.PARAMS, *_told(self.params, error)) from None
        return read

    def write(self, result: R) -> Any:
        """The result as JSON values."""
        return adapter(self.result).dump_python(result, mode="json", by_alias=True)


def simulation(
    name: str, params: type[P], result: type[R], run: Callable[[Scene, P], Steps[R]]
) -> Method[P, R]:
    """A method that moves what is simulated, and is only there where something is."""
    return Method(name=name, params=params, result=result, run=run, scope=Scope.SIMULATE, simulated=True)


def adapter(kind: Any) -> TypeAdapter[Any]:
    """What reads and writes a form, built once."""
    if (made := _ADAPTERS.get(kind)) is None:
        made = _ADAPTERS[kind] = TypeAdapter(kind)
    return made


def _told(kind: type, error: ValidationError) -> tuple[str, dict[str, Any]]:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"]))
    data: dict[str, Any] = {"field": field}
    known = [each.name for each in dataclasses.fields(kind)]
    if first["type"] == "unexpected_keyword_argument" and (near := nearest(field, known)):
        data["nearest"] = near
    return f"{field}: {first['msg']}" if field else first["msg"], data


# -- what methods say ----------------------------------------------------------------------------------------


def good(reply: A) -> A:
    """The reply, if the command was carried out. Raises RpcError where it was not."""
    if isinstance(reply, Failure):
        data = {"reason": reply.reason.value, "detail": reply.detail}
        raise RpcError(Code.FAILURE, f"{reply.reason.value}: {reply.detail}", data)
    return reply


def no_such(what: str, given: str | int, known: Iterable[str | int]) -> RpcError:
    """The error of a name, number or the like that is not there; `what`: EVSE, session, name."""
    names = [str(each) for each in known]
    near = nearest(str(given), names)
    data: dict[str, Any] = {} if near is None else {"nearest": near}
    if near is None and len(names) <= MOST_NAMED:
        data["known"] = names
    return RpcError(Code.NO_SUCH, f"there is no such {what}", data)


def not_simulated(what: str) -> RpcError:
    """The error of a method for which something would have to be simulated."""
    return RpcError(Code.NOT_SIMULATED, f"not simulated here: {what}")


def allowed(
    methods: Mapping[str, Method[Any, Any]], name: str, scopes: Collection[Scope] | None, site: SiteMap
) -> Method[Any, Any]:
    """The method of that name, for who may do so much. Raises RpcError."""
    method = methods.get(name)
    if method is None:
        there = no_such("method", name, methods)
        raise RpcError(Code.METHOD, there.message, there.data)
    if scopes is None or method.scope not in scopes:
        raise RpcError(Code.NOT_ALLOWED, f"this token does not allow {method.scope}")
    if method.simulated and not site.simulated:
        raise not_simulated("any part of this site")
    return method
