"""The one place of a site that turns tokens into permission to charge."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from protocols import errors, types
from protocols.message import Command, Reply, Var, message

NAME: Final = "auth"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.Generic,)
"""What its providers may raise."""


@message
class SetConnectionTimeout(Command):
    """Set how long a granted authorization waits for a car."""

    connection_timeout_s: Annotated[int, Field(alias="connection_timeout", ge=10, le=300)]


@message
class SetMasterPassGroupId(Command):
    """Set the group whose tokens may stop any transaction and start none, for police and towing."""

    master_pass_group_id: Annotated[str, Field(max_length=36)]
    """An empty text switches the master pass off."""


@message
class WithdrawAuthorizationReply(Reply):
    """Answer to `WithdrawAuthorization`."""

    result: types.authorization.WithdrawAuthorizationResult


@message
class WithdrawAuthorization(Command):
    """Take back authorizations that are granted and not yet used."""

    answer: ClassVar[type[Reply]] = WithdrawAuthorizationReply

    request: types.authorization.WithdrawAuthorizationRequest


@message
class TokenValidationStatus(Var):
    """One step in the life of a presented token."""

    status: types.authorization.TokenValidationStatusMessage
