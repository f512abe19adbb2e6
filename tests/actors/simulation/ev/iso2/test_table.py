import pytest

from actors.simulation.ev import timing
from actors.simulation.ev.drive import Drive
from actors.simulation.ev.iso2 import table
from actors.simulation.ev.iso2.responses import Phase
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import exi, iso2
from protocols.iso15118.v2gtp import PayloadType
from tests.support.ev_cars import credential, script

LANGUAGES = [table.AC, table.DC]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_says_where_the_standard_has_it(language):
    assert all(row.source and row.timeout_s > 0 for row in language.table.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_phase_and_loop_are_in_the_table(language):
    assert {language.first, language.loop} <= set(language.table)


def test_the_modes_differ_in_what_belongs_to_them():
    assert set(table.DC_TABLE) - set(table.AC_TABLE) == {
        Phase.CABLE_CHECK,
        Phase.PRE_CHARGE,
        Phase.CURRENT_DEMAND,
        Phase.WELDING_DETECTION,
    }


def test_the_long_times_are_those_of_the_standard():
    long = {name for name, row in table.DC_TABLE.items() if row.timeout_s == timing.LONG_MESSAGE_S}

    assert long == {
        "ServiceDetail",
        "CertificateInstallation",
        "PaymentDetails",
        "PowerDeliveryStart",
        "PowerDeliveryRenegotiate",
        "PowerDeliveryStop",
    }
    assert table.DC_TABLE[Phase.CURRENT_DEMAND].timeout_s == 0.25


def test_a_request_with_an_id_is_signed_and_others_not():
    drive = Drive(script(), None, bytes)
    drive.contract = credential("MO_LEAF")

    whole = table.message(drive, iso2.AuthorizationReq(id="id1", gen_challenge=bytes(16)))
    assert whole.header.signature is not None
    assert table.message(drive, iso2.AuthorizationReq()).header.signature is None
    assert table.message(drive, iso2.ChargingStatusReq()).header.session_id == bytes(8)


def test_a_frame_of_another_type_is_undecodable():
    with pytest.raises(TalkError) as caught:
        table.decode(PayloadType.AC, b"")
    assert caught.value.reason is Reason.UNDECODABLE


def test_a_request_is_read_back_as_it_was_written():
    drive = Drive(script(), None, bytes)
    payload_type, payload = table.encode(table.message(drive, iso2.ServiceDiscoveryReq()))

    assert payload_type == PayloadType.EXI
    assert exi.decode(payload, exi.Schema.ISO2).body.body_element == iso2.ServiceDiscoveryReq()
    assert table.decode(payload_type, payload).code == ""
