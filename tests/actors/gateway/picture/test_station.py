"""Back-end, certificates and errors as people see them."""

from dataclasses import replace

import pytest

from actors.gateway.picture import station
from actors.gateway.picture.forms import Csms
from actors.ocpp.messages import LinkState
from protocols.interfaces import ocpp
from protocols.ocpp.version import Version
from tests.support.gateway_data import CERTIFICATES, HOT, T0, at

FOUND = tuple(station.certificate(each, T0) for each in CERTIFICATES.certificates)


def told(*news):
    csms = Csms()
    for each in news:
        csms = station.FOLDS[type(each)](csms, each)
    return csms


CONNECTED = LinkState(connection=3, ocpp_version=Version.V201, url="wss://x", since=T0)


def test_the_link_tells_version_and_address():
    assert told(CONNECTED) == Csms(connected=True, version="ocpp2.0.1", url="wss://x")


def test_what_was_agreed_last_stays_while_nobody_is_there():
    assert told(CONNECTED, LinkState(connection=0, since=T0)) == Csms(version="ocpp2.0.1", url="wss://x")


@pytest.mark.parametrize("connected", [True, False])
def test_the_charge_point_tells_whether_it_is_connected(connected):
    assert told(ocpp.IsConnected(connected=connected)).connected is connected


def test_a_certificate_has_its_days_and_what_is_wrong_with_it():
    assert (FOUND[0].days_left, FOUND[0].problem) == (60, None)
    assert (FOUND[-1].days_left, FOUND[-1].problem) == (0, "expired")
    assert station.certificate(CERTIFICATES.certificates[0], at(86_400)).days_left == 59


def test_step_0_needs_a_good_leaf_and_a_good_root():
    leaf, above, root, *_ = FOUND

    assert station.installed(FOUND).startswith("CN=DEPNXE00002")
    bad = (replace(leaf, problem="expired"), root), (leaf, replace(root, problem="x"))
    for missing in ((above, root), (leaf, above), *bad):
        assert station.installed(missing) == ""


def test_an_error_has_its_place_and_its_code():
    found = station.error(HOT)

    assert (found.origin, found.evse, found.connector, found.mrec) == ("board_1/board_support", 1, 1, "CX003")


def test_an_error_of_the_station_has_no_evse_and_one_without_code_none():
    own = replace(HOT, evse=0, error=replace(HOT.error, type="evse_manager/Inoperative"))

    assert (station.error(own).evse, station.error(own).mrec) == (None, None)
