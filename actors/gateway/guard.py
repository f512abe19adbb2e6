"""Who may speak to the Gateway: judged by the head of a request, before anything else is looked at. Pure.

Without tokens everybody on this machine may do everything, so two things are refused: requests in which a
browser says that its page is from elsewhere (`Origin`), and those for another host's name, by which such a
page makes a browser believe that this is its own server. Our own page comes from here, and says so.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.gateway.method import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERYTHING: Final = frozenset(Scope)
LOCAL: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
MIN_TOKEN: Final = 16
"""A shorter token can be guessed."""
_BEARER: Final = "Bearer "


class TokenError(ValueError):
    """A token file that says something else. The text repeats nothing of it."""


def read_tokens(text: str) -> Mapping[str, frozenset[Scope]]:
    """The tokens of a file, one a line, each with what it allows: all, or the scopes named behind it.

    Raises TokenError.
    """
    tokens: dict[str, frozenset[Scope]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        token, *scopes = words
        if len(token) < MIN_TOKEN or not token.isascii():
            raise TokenError(f"line {number}: a token has at least {MIN_TOKEN} ASCII characters")
        if unknown := [each for each in scopes if each not in set(Scope)]:
            raise TokenError(f"line {number}: {len(unknown)} of its scopes are none of {', '.join(Scope)}")
        tokens[token] = frozenset(map(Scope, scopes)) or EVERYTHING
    if not tokens:
        raise TokenError("there is no token in it")
    return tokens


def token_to_observe(text: str) -> str:
    """The first token of a file that lets its owner look on. Raises TokenError."""
    for token, scopes in read_tokens(text).items():
        if Scope.OBSERVE in scopes:
            return token
    raise TokenError(f"no token in it allows {Scope.OBSERVE}")


class Refusal(NamedTuple):
    """A request that is not let in."""

    status: HTTPStatus
    text: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Stands at the door of one address."""

    tokens: Mapping[str, frozenset[Scope]]
    """None: whoever reaches the address may do everything."""
    secure: bool = False
    """Whether it speaks TLS."""

    def scopes_of(self, token: str) -> frozenset[Scope] | None:
        """What a token allows; None: it is none of ours. Takes the same time whatever is given."""
        given, found = token.encode("utf-8", "replace"), None
        for known, scopes in self.tokens.items():
            if hmac.compare_digest(given, known.encode()):
                found = scopes
        return found

    def refusal(self, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request is not let in, by its headers (names in lower case); None: it is."""
        host = headers.get("host", "")
        origin = headers.get("origin")
        own = f"{'https' if self.secure else 'http'}://{host}"
        if origin is not None and origin.lower() != own.lower():
            return Refusal(HTTPStatus.FORBIDDEN, "no foreign pages")
        if not self.tokens and _name_of(host) not in LOCAL:
            return Refusal(HTTPStatus.FORBIDDEN, "another host's name")
        return None

    def scopes(self, headers: Mapping[str, str]) -> frozenset[Scope] | Refusal | None:
        """What the headers of a request allow; None: it has not said who it is."""
        if not self.tokens:
            return EVERYTHING
        said = headers.get("authorization")
        if said is None:
            return None
        found = self.scopes_of(said.removeprefix(_BEARER)) if said.startswith(_BEARER) else None
        return Refusal(HTTPStatus.UNAUTHORIZED, "no token of ours") if found is None else found


def _name_of(host: str) -> str:
    """A Host header without its port."""
    name, separator, port = host.lower().rpartition(":")
    return name if separator and port.isdecimal() else host.lower()
