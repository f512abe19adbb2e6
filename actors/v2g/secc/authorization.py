"""Who decides whether the car may charge, and until when: common to all protocols. Pure.

Sources: rows S3.5 to S3.7, S3.16, M7.7 to M7.11. The EVSE manager is asked once in a talk; its answer counts
only while it is waited for, so a late or foreign one never authorizes anybody.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from actors.v2g.messages import CarAuthorized
from actors.v2g.secc.exchange import Level
from actors.v2g.secc.state import Authorization, Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.types.authorization import AuthorizationStatus

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn
    from protocols.types.authorization import ProvidedIdToken
    from protocols.types.iso15118 import PaymentOption

TIMER: Final = "authorization"


def reset(turn: Turn) -> None:
    """Forget every grant, as at each session set-up (M7.11)."""
    turn.cancel(TIMER)
    turn.change(authorization=Authorization(), contract=None, challenge=b"")


def choose(turn: Turn, option: PaymentOption) -> None:
    """The car has chosen how to be authorized."""
    reset(turn)
    turn.change(authorization=Authorization(option=option))
    turn.publish(charger.SelectedPaymentOption(payment_option=option))


def ask_eim(turn: Turn) -> None:
    """Ask for an authorization by other means; a second time changes nothing."""
    if turn.authorization.verdict is Verdict.NONE:
        _wait(turn, turn.settings.auth_timeout_eim_s)
        turn.publish(charger.RequireAuthEim())


def ask_pnc(turn: Turn, token: ProvidedIdToken) -> None:
    """Ask what the contract is good for; a second time changes nothing, so a token is published once."""
    if turn.authorization.verdict is Verdict.NONE:
        _wait(turn, turn.settings.auth_timeout_pnc_s)
        turn.publish(charger.RequireAuthPnc(token=token))


def _wait(turn: Turn, timeout_s: int) -> None:
    waiting = dataclasses.replace(turn.authorization, verdict=Verdict.WAITING, asked_at=turn.now)
    turn.change(authorization=waiting)
    if timeout_s:
        turn.start(TIMER, timeout_s)


def decided(turn: Turn, answer: charger.AuthorizationResponse) -> None:
    """The EVSE manager has answered. A second answer may take a grant back, but never give one.

    EVerest repeats its answer when a grant is withdrawn before the transaction starts. While the station is
    stopped no grant counts, so that a late one revives nothing.
    """
    granted = grants(answer)
    now = turn.authorization.verdict
    awaited = now is Verdict.WAITING and not (granted and turn.stopped)
    if not awaited and not (now is Verdict.GRANTED and not granted):
        turn.note("authorization_ignored", Level.WARNING, verdict=now.value)
        return
    turn.cancel(TIMER)
    verdict = Verdict.GRANTED if granted else Verdict.REFUSED
    turn.change(
        authorization=dataclasses.replace(
            turn.authorization,
            verdict=verdict,
            certificate_status=answer.certificate_status,
            status=answer.authorization_status,
        )
    )


def grants(answer: charger.AuthorizationResponse) -> bool:
    """Whether an answer lets the car charge."""
    return answer.authorization_status is AuthorizationStatus.ACCEPTED


def told_car(turn: Turn) -> None:
    """The answer at hand tells the car that it may charge."""
    turn.publish(CarAuthorized())


def timed_out(turn: Turn) -> None:
    """Nobody has answered in time."""
    if turn.authorization.verdict is Verdict.WAITING:
        turn.change(authorization=dataclasses.replace(turn.authorization, verdict=Verdict.TIMED_OUT))
