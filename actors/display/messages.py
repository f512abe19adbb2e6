"""What the display keeps and tells beyond EVerest's interface. Declarations."""

from __future__ import annotations

from protocols import types  # noqa: TC001  # the codec resolves the fields' types at run time
from protocols.message import Var, message


@message
class KnownSession:
    """A session that messages may be tied to."""

    evse: str
    """Name of its EVSE's manager."""
    session_id: str
    transaction_id: str | None = None
    """What OCPP calls its transaction, once that is known."""
    token: str | None = None
    """Whose it is."""


@message
class DisplayState:
    """Everything the display keeps."""

    messages: tuple[types.display_message.DisplayMessage, ...] = ()
    sessions: tuple[KnownSession, ...] = ()


@message
class Showing(Var):
    """What may be shown now, what goes before the rest in front; published under the display's name.

    Whoever shows it takes only what fits the station's state, and lets messages of one priority take turns.
    """

    messages: tuple[types.display_message.DisplayMessage, ...]
