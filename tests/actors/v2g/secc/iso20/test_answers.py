import pytest

from actors.v2g.secc.iso20.answers import SMALLEST, head, refusal
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.turn import Turn
from protocols.iso15118 import exi
from protocols.iso15118.iso20.enumerations import ResponseCode
from tests.support.secc_iso20 import SCHEMAS, Car20, car_in, every_request

REQUESTS = {name: pair for service in (1, 2) for name, pair in every_request(Car20(service=service)).items()}


def turn(car):
    return Turn(car.bench.state, car.bench.settings, car.bench.now, car.bench.random)


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("code", [ResponseCode.FAILED, ResponseCode.FAILED_SEQUENCE_ERROR])
def test_every_refusal_can_be_sent_and_read(name, code):
    request, channel = REQUESTS[name]
    made = refusal(request, code, turn(car_in(Phase.LOOP)))

    read = exi.decode(exi.encode(made, SCHEMAS[channel]), SCHEMAS[channel])

    assert read == made
    assert read.response_code == code
    assert type(made).__name__ == type(request).__name__.removesuffix("Req") + "Res"


def test_the_refusals_cover_every_request_of_the_schemas():
    assert {type(request) for request, _ in REQUESTS.values()} == set(SMALLEST)


def test_a_header_has_the_session_and_the_time():
    car = car_in(Phase.LOOP)

    made = head(turn(car))

    assert made.session_id == car.session_id
    assert made.time_stamp.to_datetime() == car.bench.now


def test_before_a_session_its_id_is_zero():
    car = Car20()
    car.arrive()

    assert head(turn(car)).session_id == bytes(8)
