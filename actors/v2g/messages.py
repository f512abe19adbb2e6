"""What link and session of one EVSE say to each other."""

from __future__ import annotations

from typing import ClassVar, Final

from actors.v2g.progress import Progress  # noqa: TC001  # a message's field is looked up at run time
from protocols.message import Command, Reply, Var, message

SESSION: Final = "session"
"""The session's name is `<module>/session`; only its link speaks to it."""


@message
class Stepped(Reply):
    """What the session has decided."""

    state: bytes
    """The state after it, by the message codec."""
    effects: bytes
    """What is to be done once that state is kept, by `parcel`."""


@message
class Step(Command):
    """Decide on one input.

    The session keeps nothing, so this may be asked again of a successor: nothing has happened until the link
    has carried out the effects.
    """

    answer: ClassVar[type[Reply]] = Stepped

    state: bytes
    given: bytes
    """One input, by `parcel`."""


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
