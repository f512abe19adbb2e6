"""Cars of every protocol at the one link that an EVerest user's IsoMux is: real sockets (M7.5, M16.1)."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from actors.certificates.messages import GetSeccCertificates
from actors.simulation.ev.wallet import load_wallet
from actors.site import Site
from certs import pki
from certs.pki.layout import ROOT_BUNDLES
from certs.profiles import Domain
from certs.tls import Identity
from certs.tls.faults import Alert
from tests.support.charging import charge
from tests.support.engine import eventually
from tests.support.evse_player import Played
from tests.support.links import AGREED, HELLO, HandCar, ports
from tests.support.multiplexed import Chosen, furnish, living_pki
from tests.support.stores import put

pytestmark = pytest.mark.timeout(120)

SHORT = "time_lapse: 3600, dc: {loop_s: 0.1}"
STEPS = "\nsteps: [plug, charge: {energy_wh: 300}, unplug]"
CARS = {
    "din": f"protocols: [din], mode: dc, pay: eim, {SHORT}",
    "iso2": f"protocols: [iso2], mode: dc, pay: contract, choose_services: true, {SHORT}",
    "iso20": f"protocols: [iso20], mode: dc, pay: contract, choose_services: true, {SHORT}",
}


@pytest.fixture
def site(evsite_system, tmp_path):
    """A client of the site with an IsoMux, and where its certificates are."""
    _system, client = evsite_system(Site, furnish(tmp_path))
    eventually(lambda: ports(client).tls, within_s=30)
    return client, tmp_path


def test_a_car_of_each_protocol_charges_and_its_choice_reaches_the_shop(site):
    client, directory = site

    ended = {name: charge(client, directory, f"car: {{{car}}}{STEPS}") for name, car in CARS.items()}

    assert {name: str(outcome) for name, outcome in ended.items()} == dict.fromkeys(CARS, "completed")
    played = client.ask("player/main", Played())
    assert played.failures == ()
    assert [played.heard.count(each) for each in ("require_auth_eim", "require_auth_pnc")] == [1, 2]
    assert client.ask("shop/iso15118_vas", Chosen()).choices == ("34567/1", "34568/0") * 2


def shown(station, roots, vehicle):
    """What becomes of a car of -20 that shows this certificate: the station's answer, or its alert."""
    with HandCar(ports(station).tls, roots=roots, vehicle=vehicle) as car:
        car.send(HELLO)
        return car.receive() or car.alert


def known_lists(client):
    reply = client.ask("evse_security/main", GetSeccCertificates(secc_id=""))
    return getattr(reply, "revocation_lists", None)


def test_a_revoked_vehicle_is_refused_from_the_next_handshake_on(site):
    # given a vehicle that nothing is known against, and the list that its issuer will publish
    client, directory = site
    roots = directory / "certs" / ROOT_BUNDLES[Domain.V2G]
    broken = pki.broken(living_pki(), "VEHICLE_LEAF_20", "revoked")
    stolen = Identity(certificates=(broken.leaf, *broken.received), key=broken.key)
    good = load_wallet(directory / "car").vehicle_identity
    before = shown(client, roots, stolen)
    assert isinstance(before, bytes)

    # when
    listed = put(directory / "certs/crl/oem.crl", broken.crls[0].public_bytes(Encoding.DER))
    eventually(lambda: known_lists(client) == (str(listed),))  # a link lets ten cars knock in ten seconds
    eventually(lambda: shown(client, roots, stolen) == Alert.CERTIFICATE_REVOKED, within_s=20)

    # then nobody else is concerned
    assert shown(client, roots, good) == before
    with HandCar(ports(client).tls, roots=roots) as older:
        older.send(HELLO)
        assert older.receive() == AGREED
