from actors.v2g.secc.din import phase as din
from actors.v2g.secc.direct_current import CABLE_CHECK_S, DcPhase
from actors.v2g.secc.iso2 import phase as iso2

CAR_S = 40
"""What cars wait for a cable check, V2G_EVCC_CableCheck_Timeout; the handlers' tests are the protocols'."""


def test_the_station_gives_a_cable_check_up_before_the_car_does():
    assert CABLE_CHECK_S < CAR_S


def test_both_protocols_call_the_phases_of_dc_alike():
    for phases in (din.Phase, iso2.Phase):
        assert [phases(each.value).name for each in DcPhase] == [each.name for each in DcPhase]
