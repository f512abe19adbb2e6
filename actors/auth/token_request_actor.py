"""Actor of one token in process: asks every validator about it at the same time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from actors.auth import messages
from actors.engine.base import SiteActor
from protocols import codec
from protocols.interfaces import auth_token_validator
from protocols.message import Failure, FailureReason
from protocols.types.authorization import ProvidedIdToken, ValidationResult

if TYPE_CHECKING:
    from protocols.message import Reply

DEADLINE_S: Final = 30.0
"""A validator that has not answered by then knows nothing."""
REPLACED_S: Final = 2.0
"""So long a validator is waited for that is not there, because it may just be replaced."""


class TokenRequestActor(SiteActor):
    """Temporary child of the supervisor of authorization, one per token (M2.1); it has no successor: when it
    dies, the main actor has the token asked about once more.

    It tells the main actor, or its successor, of each answer as it comes, so that the first that accepts wins
    and nobody waits for a slow validator (M2.10). A validator that is dead, dies, answers with `Failure` or
    is late counts as one that knows nothing. It leaves when nobody wants to know more.
    """

    def __init__(self) -> None:
        super().__init__()
        self._open: set[str] = set()

    def on_start(self) -> None:
        """Ask all of them."""
        self._open = set(self.config["validators"])
        for validator in sorted(self._open):
            self._ask_validator(validator)

    def _ask_validator(self, validator: str, *, patient: bool = False) -> None:
        token = codec.from_plain(ProvidedIdToken, self.config["token"])
        self.ask(
            validator,
            auth_token_validator.ValidateToken(provided_token=token),
            partial(self._judged, validator, patient=patient),
            deadline_s=REPLACED_S if patient else DEADLINE_S,
            patient=patient,
        )

    def _judged(self, validator: str, reply: Reply, *, patient: bool) -> None:
        absent = isinstance(reply, Failure) and reply.reason is FailureReason.UNAVAILABLE
        if absent and not patient:
            self._ask_validator(validator, patient=True)
            return
        result: ValidationResult | None = None
        if isinstance(reply, auth_token_validator.ValidateTokenReply):
            result = reply.validation_result
        else:
            self.log.warning("validator_silent", validator=validator, reply=repr(reply))
        self._open.discard(validator)
        verdict = messages.Verdict(number=self.config["number"], result=result, last=not self._open)
        self.ask(self.config["main"], verdict, partial(self._told, last=verdict.last), repeat=True)

    def _told(self, reply: Reply, *, last: bool) -> None:
        if last or not isinstance(reply, messages.VerdictReply) or not reply.more:
            self.leave()
