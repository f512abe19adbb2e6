"""What the Gateway and the actors that stand for external programs say to one another."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from protocols.message import Command, Json, Reply, Var, message

NAME = "gateway"
"""The implementation under which the Gateway's module serves these."""


@message
class InvokeReply(Reply):
    """What the program has answered."""

    result: Json = None


@message
class Invoke(Command):
    """Ask the program at the other end of a connection. Failure: it refused, is late, or has gone."""

    answer: ClassVar[type[Reply]] = InvokeReply
    connection: int
    method: str
    params: dict[str, Any]
    deadline_s: Annotated[float, Field(gt=0, le=300)] = 5.0


@message
class GatewayLife(Var):
    """A Gateway has begun, and knows no connection of its predecessor's."""

    life: str
    """Another one for each life."""


@message
class ConnectionGone(Var):
    """A connection has ended, and the program with it as far as the site can tell."""

    connection: int
