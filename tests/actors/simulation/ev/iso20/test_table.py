import pytest

from actors.simulation.ev import timing
from actors.simulation.ev.drive import Drive
from actors.simulation.ev.exchange import Received
from actors.simulation.ev.iso20 import requests, table
from actors.simulation.ev.iso20.phases import Phase
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import common
from protocols.iso15118.v2gtp import PayloadType
from tests.support.ev_cars import script
from tests.support.ev_iso20_station import Iso20Station
from tests.support.ev_stations import NOON, Run

LANGUAGES = [table.AC, table.DC]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_says_where_the_standard_has_it(language):
    assert all(row.source and row.timeout_s > 0 for row in language.table.values())
    assert language.table[language.loop].timeout_s == timing.LOOP_20_S


def test_the_modes_differ_in_what_belongs_to_them():
    assert set(table.DC_TABLE) - set(table.AC_TABLE) == {
        Phase.CABLE_CHECK,
        Phase.PRE_CHARGE,
        Phase.WELDING_DETECTION,
    }


@pytest.mark.parametrize(
    ("language", "phase", "kind"),
    [
        (table.AC, Phase.SESSION_SETUP, PayloadType.COMMON),
        (table.AC, Phase.CHARGE_LOOP, PayloadType.AC),
        (table.DC, Phase.CHARGE_LOOP, PayloadType.DC),
        (table.DC, Phase.CABLE_CHECK, PayloadType.DC),
    ],
)
def test_a_request_has_the_payload_type_of_its_schema(language, phase, kind):
    drive = Drive(script("car: {mode: dc, protocols: [iso20]}"), None, bytes)
    drive.at(NOON)

    assert language.encode(language.message(drive, language.table[phase].request(drive)))[0] == kind


def test_only_answers_are_answers():
    drive = Drive(script(), None, bytes)
    drive.at(NOON)
    payload = exi.encode(requests.session_setup(drive), exi.Schema.ISO20_COMMON)

    with pytest.raises(TalkError) as caught:
        table.decode(PayloadType.COMMON, payload)
    assert caught.value.reason is Reason.WRONG_MESSAGE


def test_a_frame_of_another_type_is_undecodable():
    with pytest.raises(TalkError) as caught:
        table.decode(PayloadType.EXI, b"")
    assert caught.value.reason is Reason.UNDECODABLE


def test_an_answer_on_another_channel_is_none():
    def elsewhere(station, request):
        usual = station.on_SessionSetupReq(request)
        payload = exi.encode(usual, exi.Schema.ISO20_COMMON)
        return Received(payload_type=PayloadType.SCHEDULE_RENEGOTIATION, payload=payload)

    outcome = Run(
        script("car: {protocols: [iso20]}"), Iso20Station({common.SessionSetupReq: elsewhere})
    ).outcome

    assert (outcome.reason, outcome.phase) == (Reason.WRONG_MESSAGE, "SessionSetup")
    assert "SessionSetupReq" in outcome.detail
