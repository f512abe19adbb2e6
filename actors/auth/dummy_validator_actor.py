"""Actor of a validator for tests. Its EVerest interface is `auth_token_validator`."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import Final

from actors.engine.base import Deferred, handles
from actors.module_actor import ModuleActor
from protocols.interfaces import auth_token_validator
from protocols.types.authorization import AuthorizationStatus, ValidationResult

IMPLEMENTATION: Final = "main"


class DummyValidatorActor(ModuleActor):
    """Child of the site, one per validator. It gives every token the configured answer after `sleep` seconds
    and thinks about any number of tokens at a time. Its successor recovers nothing: whoever waits for an
    answer of a dead one is told so by the engine.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thoughts = count(1)

    @handles(auth_token_validator.ValidateToken)
    def handle_validate_token(self, _cmd: auth_token_validator.ValidateToken) -> Deferred:
        """The same answer for everybody."""
        deferred, parameters = self.defer(), self.implementation(IMPLEMENTATION)
        result = ValidationResult(
            authorization_status=AuthorizationStatus(parameters["validation_result"]), tariff_messages=()
        )
        reply = auth_token_validator.ValidateTokenReply(validation_result=result)
        self.log.info(
            "token_judged", status=parameters["validation_result"], reason=parameters["validation_reason"]
        )
        self.start_timer(
            f"thought {next(self._thoughts)}", float(parameters["sleep"]), partial(deferred.answer, reply)
        )
        return deferred
