"""Where a network connection profile leads to, and whether it may be used (B09, M11.14, A00). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from websockets.exceptions import InvalidURI
from websockets.headers import build_authorization_basic
from websockets.uri import WebSocketURI, parse_uri

if TYPE_CHECKING:
    from actors.ocpp.messages import Profile

MAX_URL: Final = 2000
"""Characters of a URL, as many as OCPP 2.1 allows."""
WITH_PASSWORD: Final = frozenset({1, 2})
"""Security profiles that show a name and a password."""
OVER_TLS: Final = frozenset({2, 3})


NAMED: Final = re.compile("//[^/@]*@")


class TargetError(ValueError):
    """A profile that cannot be used; says why, for people, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect to, and what to ask for."""

    uri: WebSocketURI
    """With the identity at the end of its path."""
    authorization: str | None = field(default=None, repr=False)
    """The value of the Authorization header. Never logged."""

    @property
    def shown(self) -> str:
        """For people."""
        host = f"[{self.uri.host}]" if ":" in self.uri.host else self.uri.host
        scheme = "wss" if self.uri.secure else "ws"
        return f"{scheme}://{host}:{self.uri.port}{self.uri.resource_name}"


def target_of(profile: Profile, lowest: int) -> Target:
    """What a profile comes to; `lowest` is the lowest security profile that is allowed. TargetError."""
    level = profile.security_profile
    if level < lowest:
        raise TargetError(f"security profile {level} is below {lowest}, the lowest that is allowed")
    if not profile.identity or ":" in profile.identity:
        raise TargetError("the identity of the station must not be empty or hold a colon")
    uri = _uri(profile.url)
    if uri.secure != (level in OVER_TLS):
        wanted, given = ("wss", "ws") if level in OVER_TLS else ("ws", "wss")
        raise TargetError(f"security profile {level} needs {wanted}://, the URL begins with {given}://")
    path = f"{uri.path.rstrip('/')}/{quote(profile.identity, safe='')}"
    return Target(replace(uri, path=path), _authorization(profile))


def shown_url(url: str) -> str:
    """The URL of a profile for people, also of one that cannot be used: without a name and password in it."""
    return NAMED.sub("//", url[:MAX_URL])


def _authorization(profile: Profile) -> str | None:
    if profile.security_profile not in WITH_PASSWORD:
        return None
    if not profile.basic_auth_password:
        raise TargetError(f"security profile {profile.security_profile} needs a password")
    return build_authorization_basic(profile.identity, profile.basic_auth_password)


def _uri(url: str) -> WebSocketURI:
    if len(url) > MAX_URL or any(each <= " " or each == "\x7f" for each in url):
        raise TargetError("the URL is too long or holds blanks")
    try:
        uri = parse_uri(url)
        uri.host.encode("idna")  # the TLS library does the same, and later
    except (InvalidURI, ValueError):
        raise TargetError("the URL is not one of a websocket: ws://host/path or wss://host/path") from None
    if uri.username is not None:
        raise TargetError("the URL holds a user name; name and password are said otherwise")
    return uri
