"""What the Gateway and the actors that stand for external programs say to one another."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from protocols.message import Command, FailureReason, Json, Reply, Var, message

NAME = "gateway"
"""The implementation under which the Gateway's module serves these."""


@message
class InvokeReply(Reply):
    """What the program has answered: a result, or why it does not carry the command out."""

    result: Json = None
    refused: FailureReason | None = None
    detail: str = ""
    """For people; only with `refused`."""


@message
class Invoke(Command):
    """Ask the program at the other end of a connection. Failure: it is late, or has gone."""

    answer: ClassVar[type[Reply]] = InvokeReply
    connection: int
    method: str
    params: dict[str, Any]
    deadline_s: Annotated[float, Field(gt=0, le=300)] = 5.0


@message
class HoldRoleReply(Reply):
    """Whether that connection is there."""

    there: bool


@message
class HoldRole(Command):
    """The program behind a connection fills a role from now on, if that connection is there."""

    answer: ClassVar[type[Reply]] = HoldRoleReply
    role: str
    connection: int


@message
class RoleVacant(Command):
    """The actor of a role has begun, and knows of no program: whoever filled it is to be told."""

    role: str


@message
class GatewayLife(Var):
    """A Gateway has begun, and knows no connection of its predecessor's."""

    life: str
    """Another one for each life."""


@message
class ConnectionGone(Var):
    """A connection has ended, and the program with it as far as the site can tell."""

    connection: int
