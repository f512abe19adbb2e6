"""Actors of token providers without a reader. Their EVerest interface is `auth_token_provider`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.auth.messages import PresentToken
from actors.engine.base import handles
from actors.module_actor import ModuleActor
from protocols.interfaces import auth_token_provider, evse_manager
from protocols.message import Reply
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken
from protocols.types.evse_manager import SessionEventEnum

if TYPE_CHECKING:
    from collections.abc import Mapping

IMPLEMENTATION: Final = "main"
KINDS: Final[Mapping[AuthorizationType, IdTokenType]] = MappingProxyType(
    {
        AuthorizationType.OCPP: IdTokenType.CENTRAL,
        AuthorizationType.RFID: IdTokenType.ISO14443,
        AuthorizationType.AUTOCHARGE: IdTokenType.MAC_ADDRESS,
        AuthorizationType.PLUG_AND_CHARGE: IdTokenType.EMAID,
        AuthorizationType.BANK_CARD: IdTokenType.LOCAL,
    }
)
"""What kind of text a token of each authorization type holds."""


class DummyProviderActor(ModuleActor):
    """Child of the site or of its EVSE. It presents its one token whenever the EVSE asks for authorization,
    and not again in the same session within `timeout` seconds. Its successor presents it at the next request.
    """

    def __init__(self) -> None:
        super().__init__()
        self._presented: tuple[str, float] = ("", 0.0)
        """The session it was last presented in, and until when it holds there."""

    def on_start(self) -> None:
        """Listen to the EVSE."""
        for name in self.connected("evse"):
            self.subscribe(name, evse_manager.SessionEvent, self._heard)

    def _heard(self, news: evse_manager.SessionEvent) -> None:
        session, until_s = self._presented
        now_s = self.port.clock.monotonic_s()
        holds = news.event.uuid == session and now_s < until_s
        if news.event.event is not SessionEventEnum.AUTH_REQUIRED or holds:
            return
        parameters = self.implementation(IMPLEMENTATION)
        self._presented = news.event.uuid, now_s + float(parameters["timeout"])
        kind, evse = AuthorizationType(parameters["type"]), int(parameters["connector_id"])
        token = ProvidedIdToken(
            id_token=IdToken(value=parameters["token"], type=KINDS[kind]),
            authorization_type=kind,
            connectors=(evse,) if evse else None,
        )
        self.publish(auth_token_provider.ProvidedToken(token=token))


class ManualProviderActor(ModuleActor):
    """Child of the site: presents what it is handed. Its successor recovers nothing."""

    @handles(PresentToken)
    def handle_present_token(self, cmd: PresentToken) -> Reply:
        """Present a token as a card reader would."""
        self.publish(auth_token_provider.ProvidedToken(token=cmd.token))
        return Reply()
