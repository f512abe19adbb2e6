import pytest

from actors.v2g.secc.iso2.answers import RESPONSES, answer
from actors.v2g.secc.machine import Turn
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk
from protocols.iso15118 import exi
from protocols.iso15118.iso2 import ResponseCode
from protocols.types.iso15118 import EnergyTransferMode
from tests.support.secc import NOW, counted_random
from tests.support.secc_iso2 import SCHEMA, iso2, one_of_each

REQUESTS = one_of_each()
FAILED = [code for code in ResponseCode if code.startswith("FAILED")]


def untold(mode=None):
    return Turn(State(talk=Talk(energy_mode=mode)), Settings(), NOW, counted_random())


@pytest.mark.parametrize("mode", [None, EnergyTransferMode.DC_EXTENDED, EnergyTransferMode.AC_TWO_PHASE])
@pytest.mark.parametrize("kind", RESPONSES)
def test_a_failed_response_is_whole_though_nothing_is_known(kind, mode):
    for code in FAILED:
        response = answer(REQUESTS[kind], untold(mode), code)
        header = iso2.MessageHeader(session_id=bytes(8))
        message = iso2.V2gMessage(header=header, body=iso2.Body(body_element=response))

        assert exi.decode(exi.encode(message, SCHEMA), SCHEMA).body.body_element.response_code is code


def test_each_request_has_the_response_of_its_name():
    for request, (response, _) in RESPONSES.items():
        assert response.__name__ == request.__name__.removesuffix("Req") + "Res"
