"""Actor of one token in process: asks every validator about it at the same time."""

from __future__ import annotations

from dataclasses import dataclass
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
"""A validator that has not answered by then knows nothing, whoever has died in between."""
ATTEMPTS: Final = 2
"""So often a validator is asked when it dies with the token in hand: a token that kills whoever looks at it
shall not kill all that come after."""
REPLACED_S: Final = 10.0
"""So long a validator is waited for that is not there, because it may just be replaced. That takes 0.1 s,
more with its supervisor, and seconds where all wait for a core; a program has to connect again."""
AGAIN_S: Final = 0.2
"""Between two looks whether it is there again; most successors are by the first."""


@dataclass(slots=True)
class _Asking:
    """How far one validator is."""

    deaths: int = 0
    """How often it has died with the token in hand."""
    missed_s: float | None = None
    """When it was found missing, by the monotonic clock."""


class TokenRequestActor(SiteActor):
    """Temporary child of the supervisor of authorization, one per token (M2.1); it has no successor: when it
    dies, the main actor has the token asked about once more.

    It tells the main actor, or its successor, of each answer as it comes, so that the first that accepts wins
    and nobody waits for a slow validator (M2.10). The successor of a validator that dies with the token in
    hand is asked in its place, once. One that dies again, is not there, answers with another `Failure` or is
    late counts as one that knows nothing. It leaves when nobody wants to know more.
    """

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[str, _Asking] = {}
        """By validator: those that have not had their say."""
        self._until_s = 0.0

    def on_start(self) -> None:
        """Ask all of them."""
        self._until_s = self.port.clock.monotonic_s() + DEADLINE_S
        self._open = {validator: _Asking() for validator in sorted(self.config["validators"])}
        for validator in self._open:
            self._ask_validator(validator)

    def _ask_validator(self, validator: str) -> None:
        token = codec.from_plain(ProvidedIdToken, self.config["token"])
        self.ask(
            validator,
            auth_token_validator.ValidateToken(provided_token=token),
            partial(self._judged, validator),
            deadline_s=max(0.0, self._until_s - self.port.clock.monotonic_s()),
            patient=False,
        )

    def _judged(self, validator: str, reply: Reply) -> None:
        if isinstance(reply, Failure) and self._may_return(validator, reply.reason):
            self.start_timer(f"again {validator}", AGAIN_S, partial(self._ask_validator, validator))
            return
        result: ValidationResult | None = None
        if isinstance(reply, auth_token_validator.ValidateTokenReply):
            result = reply.validation_result
        else:
            self.log.warning("validator_silent", validator=validator, reply=repr(reply))
        del self._open[validator]
        verdict = messages.Verdict(number=self.config["number"], result=result, last=not self._open)
        self.ask(self.config["main"], verdict, partial(self._told, last=verdict.last), repeat=True)

    def _may_return(self, validator: str, reason: FailureReason) -> bool:
        """Whether a validator that has not answered is to be asked again."""
        asking, now_s = self._open[validator], self.port.clock.monotonic_s()
        if now_s >= self._until_s:
            return False
        if reason is FailureReason.CRASHED:
            asking.deaths, asking.missed_s = asking.deaths + 1, now_s
            self.log.warning("validator_died", validator=validator, again=asking.deaths < ATTEMPTS)
            return asking.deaths < ATTEMPTS
        if reason is not FailureReason.UNAVAILABLE:
            return False
        if asking.missed_s is None:
            asking.missed_s = now_s
        return now_s - asking.missed_s < REPLACED_S

    def _told(self, reply: Reply, *, last: bool) -> None:
        if last or not isinstance(reply, messages.VerdictReply) or not reply.more:
            self.leave()
