"""The versions of OCPP, by the names of their websocket subprotocols."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


class Version(enum.StrEnum):
    """A version; its value is the name of its websocket subprotocol."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"


OCPP2: Final = (Version.V21, Version.V201)
"""The versions that the types of `payloads` serve, newest first."""


def offered(wanted: str, spoken: Iterable[Version] = OCPP2) -> tuple[Version, ...]:
    """What to offer for a value of `InternalCtrlr.SupportedOcppVersions`, in its order of preference (S6.5).

    Names that are not spoken here are left out, as are repetitions; blanks around a name do not matter.
    """
    known = {each.value: each for each in spoken}
    names = [name.strip() for name in wanted.split(",")]
    return tuple(dict.fromkeys(known[name] for name in names if name in known))


def agreed(chosen: str | None, offer: Iterable[Version]) -> Version | None:
    """The version that the peer has chosen (S6.4); None: it chose none, or one that was not offered."""
    return next((each for each in offer if each.value == chosen), None)
