import pytest

from actors.v2g.secc import authorization
from actors.v2g.secc.exchange import CancelTimer, StartTimer
from actors.v2g.secc.machine import Turn
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk, Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    IdToken,
    IdTokenType,
    ProvidedIdToken,
)
from protocols.types.iso15118 import PaymentOption
from tests.support.secc import NOW, counted_random
from tests.support.secc_iso2 import GRANT, refusal

TOKEN = ProvidedIdToken(
    id_token=IdToken(value="X", type=IdTokenType.EMAID), authorization_type=AuthorizationType.PLUG_AND_CHARGE
)


def ask_pnc(turn):
    authorization.ask_pnc(turn, TOKEN)


ASKS = pytest.mark.parametrize("ask", [authorization.ask_eim, ask_pnc], ids=["eim", "pnc"])


def chosen(**settings):
    turn = Turn(State(talk=Talk()), Settings(**settings), NOW, counted_random())
    authorization.choose(turn, PaymentOption.EXTERNAL_PAYMENT)
    turn.effects.clear()
    return turn


@ASKS
def test_nobody_is_asked_twice(ask):
    turn = chosen()

    ask(turn)
    ask(turn)

    published = [each for each in turn.effects if hasattr(each, "variable")]
    assert len(published) == 1
    assert turn.authorization.verdict is Verdict.WAITING
    assert turn.authorization.asked_at == NOW


@ASKS
def test_with_a_time_out_of_zero_is_waited_for_ever(ask):
    turn = chosen(auth_timeout_eim_s=0, auth_timeout_pnc_s=0)
    ask(turn)
    assert not [each for each in turn.effects if isinstance(each, StartTimer)]

    turn = chosen()
    ask(turn)
    assert [each.after_s for each in turn.effects if isinstance(each, StartTimer)] in ([300], [55])


def test_an_answer_counts_while_it_is_waited_for_only():
    turn = chosen()
    authorization.decided(turn, GRANT)
    assert turn.authorization.verdict is Verdict.NONE

    authorization.ask_eim(turn)
    authorization.decided(turn, GRANT)

    assert turn.authorization.verdict is Verdict.GRANTED
    assert turn.authorization.status is AuthorizationStatus.ACCEPTED
    assert CancelTimer(timer=authorization.TIMER) in turn.effects


def test_a_grant_can_be_taken_back_and_not_given_again():
    turn = chosen()
    authorization.ask_eim(turn)
    authorization.decided(turn, GRANT)

    authorization.decided(turn, refusal())
    assert turn.authorization.verdict is Verdict.REFUSED
    authorization.decided(turn, GRANT)

    assert turn.authorization.verdict is Verdict.REFUSED


def test_after_the_time_out_no_answer_counts():
    turn = chosen()
    authorization.timed_out(turn)
    assert turn.authorization.verdict is Verdict.NONE
    authorization.ask_eim(turn)
    authorization.timed_out(turn)

    authorization.decided(turn, GRANT)

    assert turn.authorization.verdict is Verdict.TIMED_OUT


def test_choosing_anew_forgets_what_was_granted():
    turn = chosen()
    authorization.ask_eim(turn)
    authorization.decided(turn, GRANT)
    turn.change(challenge=b"x")

    authorization.choose(turn, PaymentOption.CONTRACT)

    assert turn.authorization.verdict is Verdict.NONE
    assert turn.authorization.option is PaymentOption.CONTRACT
    assert turn.talk.challenge == b""
    assert charger.SelectedPaymentOption(payment_option=PaymentOption.CONTRACT) in [
        each.variable for each in turn.effects if hasattr(each, "variable")
    ]
