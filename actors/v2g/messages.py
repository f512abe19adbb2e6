"""What link and session of one EVSE say to each other."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field

from actors.v2g.progress import Progress  # noqa: TC001  # a message's field is looked up at run time
from protocols.message import Command, Reply, Var, message

SESSION: Final = "session"
"""The session's name is `<module>/session`; only its link speaks to it."""


@message
class Stepped(Reply):
    """What the session has decided."""

    mark: bytes
    """Names the state after it; no other state ever has the same. Empty: the session does not have the state
    it was to go on from, and has done nothing."""
    changes: bytes = b""
    """What has become of the state's parts, by `snapshot`."""
    effects: tuple[bytes, ...] = ()
    """What is to be done once that state is kept, for each input, by `parcel`."""


@message
class Step(Command):
    """Decide on some inputs, one after the other.

    The session keeps nothing that only it has, so this may be asked again of a successor: nothing has
    happened until the link has carried out the effects.
    """

    answer: ClassVar[type[Reply]] = Stepped

    after: bytes = b""
    """The mark of the state to go on from, for a session that has just made it."""
    state: bytes = b""
    """That state for any other session: all its parts, by `snapshot`."""
    given: tuple[bytes, ...]
    """The inputs, by `parcel`."""


@message
class Ports(Reply):
    """Where a link can be reached now; None where it does not listen."""

    device: str
    address: str
    """IPv6, without a zone."""
    sdp: int | None = None
    plain: int | None = None
    tls: int | None = None


@message
class Evidence(Command):
    """Have a link leave evidence of its talks (docs/evidence.md), from the next one on.

    Told to its charger's name, by the EVSE manager for instance, whose session logs have a directory each.
    TLS secrets are only in it where the link's own parameters ask for a key log.
    """

    path: str = ""
    """A directory, which is made if need be; empty: as the link's own parameters say."""
    suffix: str = ""
    """The end of the bundles' names, the id of a session for instance."""
    in_full: bool = True
    """Whether the decoded messages are in it; their bytes always are."""


@message
class DischargeWanted(Var):
    """What a DC car gives back now, said under the name of `ISO15118_charger` with each request that asks for
    it, in place of `DcEvTargetVoltageCurrent`, which has no current out of the car.
    """

    voltage_v: Annotated[float, Field(ge=0, le=1500)]
    """Not below this."""
    current_a: Annotated[float, Field(gt=0, le=10000)]
    """A magnitude."""


@message
class GetPorts(Command):
    """Ask a link where it listens."""

    answer: ClassVar[type[Reply]] = Ports


@message
class TalkCondition(Var):
    """How far a link and its car are; retained under the name of `ISO15118_charger`.

    For an EVSE manager that may have missed news of the session while it was being replaced.
    """

    link: str
    """Names one life of the link: another one knows nothing of the station and has no car."""
    progress: Progress
