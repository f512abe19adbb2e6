"""SessionSetup to ContractAuthentication, and SessionStop. Pure.

Source: DIN SPEC 70121: external payment only, no pause; row M7.11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.v2g.secc import authorization, car, handshake
from actors.v2g.secc.din.answers import CHARGE_SERVICE_ID, Answer, answer, cut, keep, transfer_type
from actors.v2g.secc.din.phase import Phase
from actors.v2g.secc.din.talk import DinTalk
from actors.v2g.secc.ending import Ending
from actors.v2g.secc.state import Verdict
from protocols.iso15118 import din
from protocols.iso15118.din import EvseProcessing, ResponseCode
from protocols.iso15118.identifiers import SessionId
from protocols.types.iso15118 import PaymentOption

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn


def handle_session_setup(request: din.SessionSetupReq, turn: Turn) -> Answer:
    """Give the talk a fresh session id; nothing is resumed in DIN."""
    turn.cancel(handshake.TIMER)
    authorization.reset(turn)
    session = SessionId.fresh(turn.random)
    turn.change(din=DinTalk(), phase=Phase.DISCOVERY.value, session_id=session.raw)
    car.named(turn, request.evcc_id)
    turn.note("session_set_up", resumed=False)
    return answer(request, turn, ResponseCode.OK_NEW_SESSION_ESTABLISHED)


def handle_service_discovery(request: din.ServiceDiscoveryReq, turn: Turn) -> Answer:
    """Offer the one way of energy transfer that the station has."""
    if transfer_type(turn) is None:
        return ResponseCode.FAILED
    turn.change(phase=Phase.SELECTION.value)
    return answer(request, turn)


def handle_service_payment_selection(request: din.ServicePaymentSelectionReq, turn: Turn) -> Answer:
    """Take the only choice there is."""
    if request.selected_payment_option is not din.PaymentOption.EXTERNAL_PAYMENT:
        return ResponseCode.FAILED_PAYMENT_SELECTION_INVALID
    chosen = {each.service_id for each in request.selected_service_list.selected_service}
    if chosen != {CHARGE_SERVICE_ID}:
        return ResponseCode.FAILED_SERVICE_SELECTION_INVALID
    authorization.choose(turn, PaymentOption.EXTERNAL_PAYMENT)
    turn.change(phase=Phase.AUTHORIZATION.value)
    return answer(request, turn)


def handle_contract_authentication(request: din.ContractAuthenticationReq, turn: Turn) -> Answer:
    """Ask who decides, once; then repeat `Ongoing` until the verdict."""
    verdict = turn.authorization.verdict
    if turn.stopped or verdict in (Verdict.REFUSED, Verdict.TIMED_OUT):
        return ResponseCode.FAILED
    if verdict is Verdict.GRANTED:
        turn.change(phase=Phase.PARAMETERS.value)
        authorization.told_car(turn)
        return answer(request, turn)
    authorization.ask_eim(turn)
    return answer(request, turn, evse_processing=EvseProcessing.ONGOING)


def handle_session_stop(request: din.SessionStopReq, turn: Turn) -> Answer:
    """End the talk; whatever still flows is stopped."""
    cut(turn)
    keep(turn, ending=Ending.TERMINATE)
    turn.change(phase=Phase.ENDED.value)
    return answer(request, turn)
