"""What of a recorded request must be new before it is sent again, and what cannot be made new. Pure.

The session's id and, in -20, the time stamp of the header are put in. What the car had signed cannot be
signed again without its key: a challenge counts once, and a receipt names the session it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.link import evidence_lines as lines
from protocols.iso15118 import exi, guess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_PNC: Final = "PnC_AReqAuthorizationMode"


def _no_receipt(tree: Mapping[str, Any]) -> str | None:
    _name, header, _content = lines.parts(tree)
    return "a receipt is signed for the recorded session" if "Signature" in header else None


def _no_challenge(tree: Mapping[str, Any]) -> str | None:
    _name, header, content = lines.parts(tree)
    stale = "GenChallenge" in content or _PNC in content or "Signature" in header
    return (
        "it is signed over the challenge of the recorded talk, and a challenge counts once" if stale else None
    )


def _no_confirmation(_tree: Mapping[str, Any]) -> str | None:
    return "metering data is signed for the recorded session"


OBSTACLES: Final[Mapping[str, Callable[[Mapping[str, Any]], str | None]]] = {
    "AuthorizationReq": _no_challenge,
    "ContractAuthenticationReq": _no_challenge,  # DIN
    "MeteringReceiptReq": _no_receipt,
    "MeteringConfirmationReq": _no_confirmation,
}
"""Requests that may say something nobody can say twice. A request for a certificate is signed too, but over
nothing that belongs to the talk: it can be sent again.
"""


def tree_of(message: lines.Message) -> dict[str, Any] | None:
    """The JSON of a recorded message; None where it is none."""
    if message.error is not None or message.schema is None:
        return None
    return exi.to_json(exi.decode_with_rest(message.payload, message.schema).message)


def obstacle(message: lines.Message) -> str | None:
    """Why a request cannot be sent again as if it were new; None if it can."""
    check, tree = OBSTACLES.get(message.name), tree_of(message)
    return check(tree) if check is not None and tree is not None else None


def renewed(message: lines.Message, recorded: str, session: str, now: datetime) -> bytes:
    """The payload of a request for this session; `recorded` and `session` are ids as JSON has them.

    What is no message, and what the car had said under another id, is left as it was.
    """
    tree = tree_of(message)
    if tree is None or message.schema is None:
        return message.payload
    _name, header, content = lines.parts(tree)
    for part in (header, content):
        if recorded and part.get("SessionID") == recorded:
            part["SessionID"] = session
    if "TimeStamp" in header:
        header["TimeStamp"] = int(now.timestamp())
    try:
        return guess.encode(guess.from_json(tree, message.schema), message.schema)
    except exi.ExiError:  # more was read in it than may be written
        return message.payload
