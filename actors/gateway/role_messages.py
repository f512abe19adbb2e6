"""What the Gateway hands on between a program and the actor that stands for it.

Each names the connection it came by: only the program that fills the role may speak for it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from protocols.message import Command, Reply, message
from protocols.types.error_history import Severity


@message
class RegisterRoleReply(Reply):
    """What the site file says of the role."""

    provides: dict[str, str]
    """Interface by implementation."""
    evse: int | None = None
    """The EVSE it belongs to; None: the station."""


@message
class RegisterRole(Command):
    """A program fills this role from now on. Failure: another does."""

    answer: ClassVar[type[Reply]] = RegisterRoleReply
    connection: int


@message
class RoleReady(Command):
    """The program is ready for commands."""

    connection: int


@message
class PublishForRole(Command):
    """Publish a variable of one of the role's interfaces."""

    connection: int
    implementation: str
    variable: str
    value: dict[str, Any]
    """By the variable's fields."""
    retain: bool = False


@message
class RaiseForRole(Command):
    """Raise an error of one of the role's interfaces."""

    connection: int
    implementation: str
    type: str
    sub_type: str = ""
    text: str = ""
    severity: Severity = Severity.LOW


@message
class ClearForRole(Command):
    """Clear such an error."""

    connection: int
    implementation: str
    type: str
    sub_type: str = ""


@message
class GetRoleReply(Reply):
    """Who fills a role."""

    registered: bool
    ready: bool


@message
class GetRole(Command):
    """Ask who fills this role."""

    answer: ClassVar[type[Reply]] = GetRoleReply
