"""The method that presents a card, or another token, at a reader that takes its cards from the Gateway."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from actors.auth.messages import PresentToken
from actors.auth.token_provider_actors import KINDS
from actors.gateway.method import Ask, Scene, Steps, form, good, simulation
from actors.gateway.rpc import Code, RpcError
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken

LONGEST: Final = 36
Token = Annotated[str, Field(min_length=1, max_length=LONGEST, pattern="^[ -~]+$")]


@form
class ReaderPresent:
    """Present a token at a reader, as a card is held before it."""

    token: Token
    type: AuthorizationType = AuthorizationType.RFID
    """The means of authorization."""
    id_type: IdTokenType | None = None
    """What kind of text the token is; without it what the means of authorization makes of it."""
    evses: tuple[Annotated[int, Field(ge=1)], ...] | None = None
    """The EVSEs it is presented for; without them Auth chooses."""
    parent: Token | None = None
    """The group of the token, where the reader knows it."""
    reader: str | None = None
    """Its name or module; without it the first reader."""


@form
class ReaderPresented:
    """Where it was presented."""

    reader: str


def _present(scene: Scene, params: ReaderPresent) -> Steps[ReaderPresented]:
    reader = scene.site.reader(params.reader)
    for each in params.evses or ():
        scene.site.evse(each)
    if params.evses == ():
        raise RpcError(Code.PARAMS, "evses: an empty list fits no EVSE", {"field": "evses"})
    kind = params.id_type or KINDS[params.type]
    parent = None if params.parent is None else IdToken(value=params.parent, type=kind)
    token = ProvidedIdToken(
        id_token=IdToken(value=params.token, type=kind),
        authorization_type=params.type,
        connectors=params.evses,
        parent_id_token=parent,
    )
    good((yield Ask(reader.provider, PresentToken(token=token))))
    return ReaderPresented(reader=reader.name)


METHODS: Final = (simulation("reader.present", ReaderPresent, ReaderPresented, _present),)
