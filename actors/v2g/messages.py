"""What link and session of one EVSE say to each other."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field

from actors.v2g.progress import Progress  # noqa: TC001  # a message's field is looked up at run time
from protocols.message import Command, Reply, Timestamp, Var, message

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
    """The network device itself, where the site file says `auto`."""
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

    path: str | None = ""
    """A directory, which is made if need be; empty: as the link's own parameters say; None: as before, with
    `in_full` as before: only the suffix is another.
    """
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


@message
class CarAuthorized(Var):
    """The car has been told that it may charge, by AuthorizationRes or in DIN by ContractAuthenticationRes.

    Said under the name of `ISO15118_charger`, once the answer is on its way.
    """


@message
class Milestones(Var):
    """When the newest talk has come how far; retained under the name of `ISO15118_charger`.

    For those who show people a session; it outlives the talk until the next one begins, and not its link.
    """

    opened_at: Timestamp | None = None
    """Connected, and shaken hands where TLS is spoken; None: no car has connected yet."""
    tls: str = ""
    """`TLSv1.2` or `TLSv1.3`; empty on plain TCP."""
    cipher: str = ""
    certificate: str = ""
    """The subject of the leaf that the station has shown."""
    protocol: str = ""
    contract_at: Timestamp | None = None
    """Contract chosen, chain received and checked, token built."""
    authorized_at: Timestamp | None = None
    """`CarAuthorized`."""
    ended_at: Timestamp | None = None


@message
class Frame:
    """One V2GTP frame on its way."""

    at: Timestamp
    sent: bool
    """By the station."""
    payload_type: int
    payload: bytes
    """Empty where it is longer than `link.telling.MAX_PAYLOAD`."""
    size: int
    """Bytes of the payload."""
    protocol: str
    """What car and station have agreed on, as in `Milestones`; empty before that."""
    loop: bool = False
    """One of many of the charging loop."""


@message
class FramesSeen(Var):
    """What car and link have said to one another, some frames at a time; said under the charger's name.

    Made only while somebody has subscribed. Of the charging loop, and of requests that are repeated, one
    exchange a second is told, and the last.
    """

    frames: tuple[Frame, ...]
    left_out: int = 0
    """Frames that were not told since the last time."""
