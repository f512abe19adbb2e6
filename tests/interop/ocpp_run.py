"""One site and one back-end of `ocpp_peer` together, and what was found wrong in the step under way."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from tests.interop import ocpp_back_ends

if TYPE_CHECKING:
    from tests.interop.ocpp_back_ends import BackEnd, Payload
    from tests.interop.ocpp_site import Site


class Run:
    """One site and one back-end, and what was found wrong in the step under way."""

    def __init__(self, back_end: BackEnd, site: Site, version: str) -> None:
        self.back_end, self.site, self.version = back_end, site, version
        self.found: list[str] = []
        self.raw: list[str] = []
        """Ids of frames sent that no library would send, and that are answered."""

    def check(self, good: object, what: str) -> None:
        """Note what is not as it should be."""
        if not good:
            self.found.append(what)

    def same(self, seen: object, wanted: object, what: str) -> None:
        """As `check`, for two that should be equal."""
        self.check(seen == wanted, f"{what}: {seen!r}, not {wanted!r}")

    def call(self, action: str, payload: Payload | None = None) -> Payload:
        """Have the station asked; its answer as the library has read it, which is compared with the frame."""
        result = self.back_end.call(action, payload)
        frames = tuple(self.back_end.frames)
        sent = next(
            each.frame
            for each in reversed(frames)
            if not each.incoming and each.frame[0] == ocpp_back_ends.CALL and each.frame[2] == action
        )
        answer = next((each.frame for each in frames if each.incoming and each.frame[1] == sent[1]), [])
        if result.payload is None:
            self.found.append(f"{action}: {' '.join(result.error)} (the station said {answer[2:]})")
            return {}
        self.same(result.payload, answer[2], f"{action}: read otherwise than sent")
        return result.payload

    def status(self, action: str, payload: Payload, wanted: str) -> Payload:
        """As `call`, for an answer with a status."""
        answer = self.call(action, payload)
        self.same(answer.get("status"), wanted, f"{action}: {answer.get('statusInfo')}")
        return answer

    def refused(self, action: str, payload: object) -> str:
        """Send a request that no library would let out; the code of the CALLERROR."""
        message_id = str(uuid.uuid4())
        return self.refused_text(json.dumps([2, message_id, action, payload]), message_id)

    def refused_text(self, text: str, message_id: str) -> str:
        """As `refused`, for any text."""
        self.raw.append(message_id)
        answer = self.back_end.raw(text, message_id)
        return str(answer[2]) if answer[0] == ocpp_back_ends.ERROR else f"no CALLERROR: {answer[2]}"
