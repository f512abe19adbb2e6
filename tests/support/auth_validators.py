"""A validator that does what a test says each time it is asked, over all its lives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from actors.engine.base import SiteActor, handles
from protocols.interfaces import auth_token_validator
from protocols.message import Failure, FailureReason
from protocols.types.authorization import AuthorizationStatus, ValidationResult

if TYPE_CHECKING:
    from protocols.message import Reply

ACTOR = f"{__name__}.ScriptedValidatorActor"
RAISES = "raises"
NO_START = "does not start"


class ScriptedValidatorActor(SiteActor):
    """Configured with `script`, one word for each time it is asked, the last of them for all that follow: a
    status, the reason of a `Failure`, or `RAISES`; and with `lives`, the same for each start. Its successor
    goes on where it was.
    """

    def on_start(self) -> None:
        """Start, or not."""
        if self._next("lives") == NO_START:
            raise OSError("the disk is gone")

    @handles(auth_token_validator.ValidateToken)
    def handle_validate_token(self, _cmd: auth_token_validator.ValidateToken) -> Reply:
        """As the script says."""
        word = self._next("script")
        if word == RAISES:
            raise ValueError("what a token")
        if word in set(FailureReason):
            return Failure(reason=FailureReason(word), detail="as the script says")
        result = ValidationResult(authorization_status=AuthorizationStatus(word), tariff_messages=())
        return auth_token_validator.ValidateTokenReply(validation_result=result)

    def _next(self, what: str) -> str:
        """The word for this time."""
        words: list[str] = self.config["implementations"]["main"].get(what, [""])
        path = Path(self.config["directory"]) / f"{self.config['module']}.{what}"
        with path.open("a") as file:
            file.write("x")
        return words[min(asked(path), len(words)) - 1]


def asked(path: Path) -> int:
    """How often."""
    return path.stat().st_size if path.exists() else 0
