"""What holds in every protocol and way of payment, whatever comes in whatever order.

Each protocol's own random talks are beside its tests; here is what they have in common.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g.secc import contract
from actors.v2g.secc.exchange import Answered
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.settings import Settings
from protocols.interfaces import evse_security
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import din, iso2
from protocols.message import Failure, FailureReason
from protocols.types.evse_security import CertificateValidationResult
from tests.support.examples import few
from tests.support.secc_din import DinBench
from tests.support.secc_iso2 import CONTRACT, EXTERNAL, GRANT, OCSP_REPLY, Iso2Bench, refusal
from tests.support.secc_iso20 import Car20
from tests.support.secc_iso20_pnc import NO_DATA, PNC_STATION, contract_request

pytestmark = pytest.mark.untraced

TIMEOUT_S = 20
SETTINGS = Settings(auth_timeout_eim_s=TIMEOUT_S, auth_timeout_pnc_s=TIMEOUT_S, scheduled_mode=True)
REQUIRED = (charger.RequireAuthEim, charger.RequireAuthPnc)


class DinByCard:
    """A car that is about to be authorized, and is, if the station says so."""

    def __init__(self):
        self.bench = DinBench(SETTINGS)
        self.bench.to_authorization()

    def come_again(self):
        """The next car, as far."""
        self.bench.disconnect()
        self.bench.join()
        self.bench.session = bytes(8)
        self.bench.to_authorization()

    def ask(self):
        """Ask, once or again: whether the car is authorized."""
        response = self.bench.ask(din.ContractAuthenticationReq())
        return response.response_code == "OK" and response.evse_processing == "Finished"


class Iso2ByCard(DinByCard):
    option = EXTERNAL

    def __init__(self):
        self.bench = Iso2Bench(SETTINGS, tls=True)
        self.begin()

    def come_again(self):
        self.bench.disconnect()
        self.bench.join(tls=True)
        self.bench.session = bytes(8)
        self.begin()

    def begin(self):
        self.bench.to_authorization(self.option)
        self.signed = self.option is EXTERNAL

    def ask(self):
        if not self.signed:
            self.signed = True
            request = iso2.AuthorizationReq(gen_challenge=self.bench.challenge, id="ID1")
            response = self.bench.sign(request)
        else:
            response = self.bench.ask(iso2.AuthorizationReq())
        return response.response_code == "OK" and response.evse_processing == "Finished"


class Iso2ByContract(Iso2ByCard):
    option = CONTRACT


class Iso20ByCard:
    def __init__(self):
        self.car = Car20(tls="TLSv1.3", station=PNC_STATION, settings=SETTINGS)
        self.bench = self.car.bench
        self.begin()

    def come_again(self):
        self.bench.disconnect()
        self.begin()

    def begin(self):
        self.car.session_id = bytes(8)
        self.car.go_to(Phase.AUTHORIZATION)
        self.request = None

    def ask(self):
        return finished(self.car.authorize())


class Iso20ByContract(Iso20ByCard):
    def ask(self):
        if self.request is None:
            self.request = contract_request(self.car)
        response = self.car.send(self.request)
        for ask in tuple(self.bench.asks):
            self.bench.answer(ask, NO_DATA)
        return finished(response)


def finished(response):
    return response.response_code == "OK" and response.evse_processing == "Finished"


CARS = [DinByCard, Iso2ByCard, Iso2ByContract, Iso20ByCard, Iso20ByContract]
STRAYS = [
    OCSP_REPLY,
    evse_security.VerifyCertificateReply(result=CertificateValidationResult.VALID),
    Failure(reason=FailureReason.TIMEOUT, detail=""),
]
EVENTS = st.one_of(
    st.sampled_from(["ask", "grant", "refuse", "stop", "time", "next car"]),
    st.sampled_from(["ask", "grant"]),  # what matters most, more often
    st.tuples(
        st.sampled_from([contract.OCSP, contract.VERIFY, f"{contract.OCSP} 2", "nobody"]),
        st.sampled_from(STRAYS),
    ),
)


class Witness:
    """Who may be authorized, by what was said and heard from outside."""

    def __init__(self, car):
        self.car = car
        self.begin()

    def begin(self):
        self.awaited = self.granted = self.stopped = False

    def take(self, event):
        """Let something happen; what the car asks for and must not get is an error."""
        bench = self.car.bench
        if event == "next car" or bench.closed is not None:
            bench.closed = None
            self.car.come_again()
            self.begin()
        elif event == "ask":
            self.ask()
        elif event == "grant":
            bench.tell(GRANT)
            self.granted |= self.awaited and not self.stopped
            self.awaited &= self.stopped
        elif event == "refuse":
            bench.tell(refusal())
            self.awaited = self.granted = False
        elif event == "stop":
            bench.tell(charger.StopCharging(stop=True))
            self.stopped = True
        elif event == "time":
            bench.pass_time(TIMEOUT_S + 1)
            self.awaited = False
        else:
            ask, reply = event
            bench.feed(Answered(ask=ask, reply=reply))

    def ask(self):
        asked = len(self.car.bench.published(REQUIRED, ever=True))
        authorized = self.car.ask()
        assert not authorized or (self.granted and not self.stopped)
        self.awaited |= len(self.car.bench.published(REQUIRED, ever=True)) > asked


@pytest.mark.parametrize("kind", CARS)
def test_a_car_is_authorized_when_its_grant_was_awaited(kind):
    car = kind()

    assert not car.ask()
    car.bench.tell(GRANT)

    assert car.ask()


@pytest.mark.parametrize("kind", CARS)
@few(30)
@given(data=st.data())
def test_no_late_or_foreign_answer_authorizes_anybody(kind, data):
    witness = Witness(kind())

    for event in data.draw(st.lists(EVENTS, min_size=4, max_size=14)):
        authorized = witness.granted and event == "ask"
        witness.take(event)
        if authorized:  # it goes on: what comes now is of no concern to who asked
            witness.take("next car")
