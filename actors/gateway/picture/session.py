"""One session as it is shown, put together from what several actors tell of it in any order. Pure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from actors.gateway.picture.curve import Curve
from actors.gateway.picture.forms import Session
from actors.gateway.picture.steps import Proofs, steps_of
from actors.gateway.picture.tokens import shown
from protocols.types.authorization import AuthorizationType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from actors.gateway.picture.tokens import Tokens
    from actors.v2g.messages import Milestones
    from protocols.types.authorization import ProvidedIdToken

MOST: Final = 100
"""Sessions that are remembered, the newest."""
EARLIER: Final = timedelta(seconds=1)
"""A car may connect so long before the pilot has told that it is there."""
PROTOCOLS: Final = {"DIN70121": "DIN 70121", "ISO15118-2": "ISO 15118-2", "ISO15118-20": "ISO 15118-20"}
BASIC: Final = "IEC 61851-1"


@dataclass(slots=True)
class SessionView:
    """One session; its fields are what has been found out."""

    uuid: str
    evse: int
    began: datetime
    evidence: bool = False
    connector: int | None = None
    ended: datetime | None = None
    reason: str | None = None
    token: ProvidedIdToken | None = None
    transaction: str | None = None
    """As OCPP calls it."""
    transaction_began: datetime | None = None
    start_wh: Decimal | None = None
    energy_wh: float = 0.0
    over: bool = False
    """The transaction has finished: its energy is final."""
    protocol: str | None = None
    proofs: Proofs = field(default_factory=Proofs)
    curve: Curve = field(default_factory=Curve)
    _counted: bool = False
    """Its meter has been heard since the transaction began."""
    _knows_provided: str = ""
    """Who has told himself when he has handed the token over."""

    def show(self, *, curve: bool = True) -> Session:
        """As people see it; without its curve where there are many."""
        token = self.token
        return Session(
            session=self.uuid,
            transaction=self.transaction or (self.uuid if self.transaction_began is not None else None),
            evse=self.evse,
            connector=self.connector,
            token=shown(token) if token is not None else None,
            authorization=token.authorization_type.value if token is not None else None,
            began=self.began,
            ended=self.ended,
            reason=self.reason,
            energy_wh=self.energy_wh,
            protocol=self.protocol,
            tls=self.proofs.tls,
            steps=steps_of(self.proofs),
            power=tuple(self.curve.points) if curve else (),
            evidence=self.evidence,
        )

    # -- what is found out ---------------------------------------------------------------------------------

    def began_at(self, moment: datetime) -> None:
        """Somebody knows when it began: the earliest word counts."""
        self.began = min(self.began, moment)

    def end(self, moment: datetime) -> None:
        """The car is gone; the first word counts."""
        if self.ended is None:
            self.ended = max(moment, self.began)

    def prove(self, **found: datetime | str | None) -> None:
        """Steps that are proved."""
        self.proofs = self.proofs.with_more(**found)

    def provided(self, moment: datetime, provider: str) -> None:
        """Who has handed its token over knows when: the first time, whatever was heard of it before."""
        if provider != self._knows_provided:
            self._knows_provided = provider
            self.proofs = dataclasses.replace(self.proofs, provided_at=moment, provider=provider)

    def charged_to(self, token: ProvidedIdToken) -> None:
        """Whom it is charged to, or is to be."""
        self.token = token
        self.proofs = dataclasses.replace(
            self.proofs,
            by_contract=token.authorization_type is AuthorizationType.PLUG_AND_CHARGE,
            vouched=bool(token.prevalidated),
        )

    def began_transaction(self, moment: datetime, start_wh: Decimal) -> None:
        """The meter counts from there; the first word counts."""
        if self.transaction_began is None:
            self.transaction_began, self.start_wh = moment, start_wh

    def read(self, import_wh: Decimal) -> None:
        """The import register of its meter; behind the end only for who has heard nothing before."""
        if self.start_wh is not None and not (self.over and self._counted):
            self._counted = True
            self.energy_wh = max(0.0, float(import_wh - self.start_wh))

    def drew(self, moment: datetime, power_w: float) -> None:
        """The power that is drawn now."""
        if self.ended is None:
            self.curve.add(max(0.0, (moment - self.began).total_seconds()), power_w)

    def talked(self, talk: Milestones) -> None:
        """How far its car's connection is; one from before the session is none of it."""
        if talk.opened_at is None or talk.opened_at < self.began - EARLIER or self.ended is not None:
            return
        how = [f"TLS {talk.tls.removeprefix('TLSv')}", talk.cipher, talk.certificate] if talk.tls else []
        opened = ", ".join(each for each in how if each) or "without TLS"
        self.proofs = self.proofs.with_talk(talk.opened_at, opened, tls=bool(talk.tls))
        self.prove(contract_at=talk.contract_at, told_at=talk.authorized_at)
        self.protocol = PROTOCOLS.get(talk.protocol, talk.protocol) or self.protocol

    def presented(self, tokens: Tokens, now: datetime) -> None:
        """When its token was presented and judged."""
        if self.token is not None and self.ended is None:
            known = tokens.of(self.token, self.proofs.authorized_at or now)
            self.prove(provided_at=known.provided_at, asked_at=known.asked_at)
            if known.provided_at is not None and self.proofs.provided_at == known.provided_at:
                self.prove(provider=known.provider)


class Sessions:
    """The newest sessions of the site by their ids, those that run and those that have ended."""

    def __init__(self) -> None:
        self._known: dict[str, SessionView] = {}

    def get(self, uuid: str) -> SessionView | None:
        """The session of that id, if it is known."""
        return self._known.get(uuid)

    def add(self, session: SessionView) -> None:
        """A session that was not known; the oldest that has ended makes room for it."""
        self._known[session.uuid] = session
        if len(self._known) > MOST:
            first = next(iter(self._known))
            oldest = next((uuid for uuid, each in self._known.items() if each.ended is not None), first)
            del self._known[oldest]

    def __iter__(self) -> Iterator[SessionView]:
        """The newest first."""
        return reversed(self._known.values())
