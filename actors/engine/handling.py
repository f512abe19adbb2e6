"""What stands around a handler: how it is marked, whose message it has in hand, and answers given later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from protocols.message import Reply

if TYPE_CHECKING:
    from thespian.actors import ActorAddress

MAX_ERROR: Final = 2000
"""Characters of an exception's text that are passed on."""

C = TypeVar("C")
A = TypeVar("A")
R = TypeVar("R")
Then = Callable[[Reply], None]


class Closable(Protocol):
    """A resource of an actor: a journal, a socket."""

    def close(self) -> None:
        """Give it back."""


Owned = TypeVar("Owned", bound=Closable)


class Answering(Protocol):
    """The actor that a deferred answer belongs to."""

    def answer_deferred(self, deferred: Deferred, context: Context, reply: Reply) -> None:
        """Send the answer."""


class Deferred:
    """The promise of an answer that a handler returns instead of one."""

    def __init__(self, actor: Answering, context: Context) -> None:
        self._actor, self._context = actor, context
        self.answered = False

    def answer(self, reply: Reply) -> None:
        """Answer now. Raises RuntimeError when it has been answered, TypeError for another type of answer."""
        if self.answered:
            raise RuntimeError(f"{self._context.tag} was answered twice")
        self._actor.answer_deferred(self, self._context, reply)
        self.answered = True


class Context(NamedTuple):
    """Whose message is being handled."""

    address: ActorAddress
    sender: str
    """Path of the sender."""
    about: str
    """The name it was sent to, or that published it."""
    id: int
    """Of the request; 0 when nobody waits for an answer."""
    tag: str
    command: type | None
    """Its type, when it is a command."""
    payload: bytes = b""
    """The message as it came, for whoever passes it on as it is."""


def handles(kind: type[C]) -> Callable[[Callable[[A, C], R]], Callable[[A, C], R]]:
    """Make a method the handler of one message type; its annotation must agree."""

    def mark(handler: Callable[[A, C], R]) -> Callable[[A, C], R]:
        handler.__dict__["handled_type"] = kind
        return handler

    return mark


def own_handlers(cls: type) -> dict[type, str]:
    """The methods of one class, without its bases, by the message type each handles."""
    own: dict[type, str] = {}
    for name, member in vars(cls).items():
        kind = getattr(member, "handled_type", None)
        if kind is not None:
            if kind in own:
                raise TypeError(f"{cls.__name__}: {own[kind]} and {name} both handle {kind.__name__}")
            own[kind] = name
    return own


def printable(text: str) -> str:
    """Text that any log and the codec take: file names, for one, may hold what no encoding has."""
    return text.encode("utf-8", "backslashreplace").decode()


def said(error: Exception) -> str:
    """Kind and text of an exception, bounded."""
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  # what an exception says of itself is code like any other
        text = f"{type(error).__name__}: (its text cannot be made)"
    return printable(text[:MAX_ERROR])
