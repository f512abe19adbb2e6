from datetime import timedelta

import pytest

from actors.certificates.inventory import news, packed, unpacked
from actors.certificates.messages import Inventory
from certs.store import Changes
from protocols import codec
from protocols.types import evse_security as types
from tests.support.stores import DAY, NOW, add_leaf, opened, provision, station

INSTALLED = types.CertificateStoreUpdate(
    operation=types.CertificateStoreUpdateOperation.INSTALLED,
    leaf_certificate_type=types.LeafCertificateType.V2G,
)


def test_a_packed_snapshot_unpacks_to_what_it_was(tmp_path):
    snapshot = station(tmp_path).snapshot(now=NOW)

    assert unpacked(packed(snapshot)) == snapshot


def test_an_inventory_travels_as_it_is(tmp_path):
    inventory = packed(station(tmp_path).snapshot(now=NOW))

    assert codec.decode(codec.encode(inventory)) == inventory


def test_a_domain_nobody_knows_any_more_is_left_out():
    assert unpacked(Inventory(leaves={"XYZ": ("1",)})).leaves == {}


def test_those_who_were_told_nothing_get_no_news(tmp_path):
    assert news(None, packed(station(tmp_path).snapshot(now=NOW))) == Changes()


def test_what_was_told_is_no_news(tmp_path):
    inventory = packed(station(tmp_path).snapshot(now=NOW))

    assert not news(inventory, inventory)


@pytest.mark.parametrize("start", [NOW - DAY, NOW + timedelta(hours=1)])
def test_a_leaf_that_came_is_news(tmp_path, start):
    before = packed(opened(provision(tmp_path)).snapshot(now=NOW))
    add_leaf(tmp_path, "new", start=start)

    assert news(before, packed(opened(tmp_path).snapshot(now=NOW))) == Changes(updates=(INSTALLED,))
