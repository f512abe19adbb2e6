"""Random orders of requests, commands, answers and timers: nothing raises, nothing is granted by accident."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g.secc.exchange import Expired
from actors.v2g.secc.iso2.limits import Timer
from actors.v2g.secc.iso2.phase import Phase
from actors.v2g.secc.iso2.table import AC, COMMON, DC
from actors.v2g.secc.settings import Settings
from protocols.interfaces import evse_security
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import exi
from protocols.message import Failure, FailureReason
from protocols.types import iso15118
from protocols.types.evse_security import CertificateValidationResult
from tests.support.examples import few
from tests.support.secc_iso2 import (
    AC_MODE,
    CONTRACT,
    DC_MODE,
    EXTERNAL,
    GRANT,
    OCSP_REPLY,
    PAUSE,
    RENEGOTIATE,
    SCHEMA,
    START,
    STOP,
    Iso2Bench,
    iso2,
    one_of_each,
    parameters,
    refusal,
    selection,
)

pytestmark = pytest.mark.untraced

QUICK = few(40)
REQUESTS = [
    *one_of_each().values(),
    STOP,
    RENEGOTIATE,
    PAUSE,
    parameters(AC_MODE),
    selection(CONTRACT),
    selection(CONTRACT, 1, 2),
]
COMMANDS = [
    GRANT,
    refusal(),
    charger.AcContactorClosed(status=True),
    charger.AcContactorClosed(status=False),
    charger.CableCheckFinished(status=True),
    charger.CableCheckFinished(status=False),
    charger.StopCharging(stop=True),
    charger.StopCharging(stop=False),
    charger.SendError(error=iso15118.EvseError.ERROR_RCD),
    charger.ResetError(),
    charger.ReceiptIsRequired(receipt_required=True),
    charger.NoEnergyPauseCharging(mode=iso15118.NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE),
    charger.UpdateAcMaxCurrent(max_current_a=0.0),
]
REPLIES = [
    OCSP_REPLY,
    evse_security.VerifyCertificateReply(result=CertificateValidationResult.VALID),
    evse_security.VerifyCertificateReply(result=CertificateValidationResult.UNKNOWN),
    Failure(reason=FailureReason.TIMEOUT, detail=""),
]
STEPS = st.one_of(
    st.sampled_from(REQUESTS).map(lambda each: ("request", each)),
    st.sampled_from(COMMANDS).map(lambda each: ("command", each)),
    st.sampled_from(REPLIES).map(lambda each: ("reply", each)),
    st.sampled_from(list(Timer)).map(lambda each: ("timer", each)),
    st.integers(0, 70).map(lambda each: ("time", each)),
)
ENERGY = (charger.AcCloseContactor, charger.StartCableCheck, charger.CurrentDemandStarted)


def taken(bench, step):
    kind, given_ = step
    if bench.state.talk is None or bench.talk.closing:
        if bench.state.talk is not None:
            bench.disconnect()
        bench.join(tls=True)
        bench.session = bytes(8)
    if kind == "request":
        bench.ask(given_)
    elif kind == "command":
        bench.tell(given_)
    elif kind == "reply":
        for ask in tuple(bench.asks)[:1]:
            bench.answer(ask, given_)
    elif kind == "timer":
        bench.feed(Expired(timer=given_))
    else:
        bench.pass_time(given_)


@QUICK
@given(
    start=st.sampled_from(["services", "authorization", "offer", "loop"]), steps=st.lists(STEPS, max_size=25)
)
def test_no_order_of_inputs_raises_or_leaves_anything_connected(start, steps):
    bench = Iso2Bench(Settings(verify_contract_cert_chain=True), dc=len(steps) % 2 == 0)
    getattr(bench, f"to_{start}")()

    for step in steps:
        taken(bench, step)
    if bench.state.talk is not None:
        bench.disconnect()

    seen = bench.published(object, ever=True)
    closes = [each for each in seen if isinstance(each, (charger.AcCloseContactor, charger.StartCableCheck))]
    opens = [each for each in seen if isinstance(each, (charger.AcOpenContactor, charger.DcOpenContactor))]
    started = [each for each in seen if isinstance(each, charger.CurrentDemandStarted)]
    finished = [each for each in seen if isinstance(each, charger.CurrentDemandFinished)]
    assert len(closes) == len(opens)
    assert len(started) == len(finished)


@QUICK
@given(steps=st.lists(STEPS, max_size=30))
def test_no_energy_flows_before_somebody_has_granted_it(steps):
    bench = Iso2Bench(tls=True)
    bench.to_services()

    for step in steps:
        if step[1] is not GRANT:
            taken(bench, step)

    assert not [each for each in bench.published(object, ever=True) if isinstance(each, ENERGY)]


@QUICK
@given(before=st.integers(0, 3), option=st.sampled_from([CONTRACT, EXTERNAL]))
def test_a_grant_that_nobody_waits_for_authorizes_nobody(before, option):
    bench = Iso2Bench(tls=True)
    steps = [
        bench.set_up,
        lambda: bench.ask(iso2.ServiceDiscoveryReq()),
        lambda: bench.ask(selection(option)),
    ]
    for step in steps[:before]:
        step()
    bench.tell(GRANT)
    for step in steps[before:]:
        step()

    assert bench.talk.authorization.verdict == "None"
    if option is EXTERNAL:
        response = bench.ask(iso2.AuthorizationReq())
        assert response.evse_processing == "Ongoing_WaitingForCustomerInteraction"


@QUICK
@given(
    request_=st.sampled_from(REQUESTS),
    start=st.sampled_from(["services", "authorization", "parameters", "offer", "loop"]),
    dc=st.booleans(),
)
def test_an_illegal_request_gets_the_tabled_answer_and_changes_nothing(request_, start, dc):
    bench = Iso2Bench(dc=dc)
    getattr(bench, f"to_{start}")()
    before = bench.talk
    table = COMMON if before.energy_mode is None else DC if dc else AC

    response = bench.ask(request_)

    if (Phase(before.phase), type(request_)) not in table:
        assert response.response_code == "FAILED_SequenceError"
        kept = dataclasses.replace(
            bench.talk, closing=False, loop_started=before.loop_started, iso2=before.iso2
        )
        assert kept == before


@few(60)
@given(
    data=st.one_of(
        st.binary(max_size=200),
        st.tuples(st.sampled_from(REQUESTS), st.integers(0, 400), st.integers(0, 7)),
    )
)
def test_no_bytes_of_a_car_make_the_core_raise(data):
    bench = Iso2Bench()
    bench.to_loop()
    if isinstance(data, tuple):
        request, place, bit = data
        encoded = bytearray(exi.encode(bench.message(request), SCHEMA))
        encoded[place % len(encoded)] ^= 1 << bit
        data = bytes(encoded)

    bench.receive(data)

    assert bench.closed is not None or bench.sent() is not None or bench.talk.held


HELPS = {
    iso2.PaymentDetailsReq: lambda bench: [
        bench.answer(ask, OCSP_REPLY) for ask in tuple(bench.asks) if "ocsp" in ask
    ],
    iso2.PowerDeliveryReq: lambda bench: bench.tell(charger.AcContactorClosed(status=True)),
    iso2.CertificateInstallationReq: lambda bench: bench.pass_time(5),
    iso2.CertificateUpdateReq: lambda bench: bench.pass_time(5),
    iso2.CableCheckReq: lambda bench: bench.tell(charger.CableCheckFinished(status=True)),
    iso2.AuthorizationReq: lambda bench: bench.tell(GRANT),
}
"""What the rest of the station does after a request."""


def legal(bench):
    """The requests that the table allows now, as a car would make them; certificates and stops left out."""
    talk = bench.talk
    table = COMMON if talk.energy_mode is None else DC if talk.energy_mode.startswith("DC") else AC
    left_out = (iso2.SessionStopReq, iso2.CertificateInstallationReq, iso2.CertificateUpdateReq)
    kinds = [kind for phase, kind in table if phase.value == talk.phase and kind not in left_out]
    loop = talk.phase in ("Charging", "Receipt", "Receipted")
    for kind in kinds:
        if kind is iso2.PowerDeliveryReq:
            yield from (STOP, RENEGOTIATE) if loop else (START,)
        elif kind is iso2.ChargeParameterDiscoveryReq:
            yield parameters(bench.mode)
        else:
            yield one_of_each()[kind]


@QUICK
@given(
    dc=st.booleans(),
    option=st.sampled_from([CONTRACT, EXTERNAL]),
    choices=st.lists(st.integers(0, 9), max_size=40),
)
def test_a_car_that_keeps_to_the_order_is_never_refused(dc, option, choices):
    bench = Iso2Bench(tls=True, dc=dc)
    bench.to_parameters(option)

    for choice in choices:
        requests = list(legal(bench))
        if bench.talk.phase == "Offered":  # a live cable needs no check, a dead one does
            live = bench.talk.iso2.closed
            requests = [each for each in requests if live or not dc or each is not START]
        request = requests[choice % len(requests)]
        response = bench.ask(request)
        if help_ := HELPS.get(type(request)):
            help_(bench)
            response = response or bench.response()
        assert response.response_code == "OK"
    assert bench.closed is None


def test_both_modes_are_part_of_the_orders():
    assert {AC_MODE, DC_MODE} == {
        each.requested_energy_transfer_mode
        for each in REQUESTS
        if isinstance(each, iso2.ChargeParameterDiscoveryReq)
    }
