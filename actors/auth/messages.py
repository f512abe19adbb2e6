"""What the actors of authorization say to each other, and what hands a token to a reader without a reader."""

from typing import ClassVar

from protocols import types
from protocols.message import Command, Reply, Var, message


@message
class StartRequest(Var):
    """To the supervisor: have an actor ask the validators about a token, unless one is about it already."""

    number: int
    """Of the request; never given twice."""
    token: types.authorization.ProvidedIdToken


@message
class RequestEnded(Var):
    """From the supervisor: the actor that asked the validators is gone, whether it was done or not."""

    number: int


@message
class VerdictReply(Reply):
    """Whether further verdicts on the token matter."""

    more: bool


@message
class Verdict(Command):
    """A validator has answered. May be said again to a successor, which takes it in once."""

    answer: ClassVar[type[Reply]] = VerdictReply

    number: int
    result: types.authorization.ValidationResult | None = None
    """None: it knows nothing, is dead, or has not answered in time."""
    last: bool = False
    """Every validator has answered."""


@message
class PresentToken(Command):
    """To a `DummyTokenProviderManual`: present a token as a card reader would."""

    token: types.authorization.ProvidedIdToken
