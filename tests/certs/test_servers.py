from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509

from certs import profiles
from certs.facts import read
from certs.keys import KeyKind
from certs.names import subject
from certs.servers import check_server
from certs.verdict import Reason, Refused, Result
from tests.support.certificates import NOW, Forge, check

SAN = (x509.DNSName("csms.example"), x509.IPAddress(ipaddress.ip_address("10.0.0.1")))


def server(kind=KeyKind.P256, **changes):
    forge = Forge("server", kind)
    return forge.leaf(forge.ca("Sub", forge.root()), "csms.example", **{"names": SAN, **changes})


@pytest.mark.parametrize("name", ["csms.example", "CSMS.EXAMPLE.", "10.0.0.1"])
def test_a_server_with_its_name_is_accepted(name):
    assert check(server(), profile=profiles.CSMS_SERVER, server_name=name).result is Result.VALID


@pytest.mark.parametrize("kind", [KeyKind.P384, KeyKind.P521, KeyKind.ED25519, KeyKind.ED448])
def test_servers_with_keys_of_every_kind_are_accepted(kind):
    verdict = check(server(kind), profile=profiles.CSMS_SERVER, server_name="csms.example")
    assert verdict.result is Result.VALID


def test_a_server_with_another_name_is_refused_by_name():
    verdict = check(server(), profile=profiles.CSMS_SERVER, server_name="evil.example")
    assert isinstance(verdict, Refused)
    assert (verdict.reason, verdict.detail) == (Reason.SERVER_NAME, "evil.example")


@pytest.mark.parametrize(("serves", "result"), [(True, Result.VALID), (False, Result.INVALID_CHAIN)])
def test_a_common_name_serves_only_where_it_is_allowed_to(serves, result):
    leaf = server(names=())
    verdict = check(leaf, profile=profiles.CSMS_SERVER, server_name="csms.example", common_name_serves=serves)
    assert verdict.result is result


def test_the_library_has_to_agree_as_well():
    # given a path our rules were never asked about: the library finds that the CA is none
    forge = Forge("second opinion")
    leaf = forge.leaf(forge.ca("Sub", forge.root(), ca=False), names=SAN)
    path = tuple(read(one) for one in leaf.path)
    refused = check_server(path, "csms.example", NOW, common_name_serves=False)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.SERVER_NAME
    assert refused.detail


def test_a_constrained_ca_above_the_server_is_understood_by_both():
    forge = Forge("constrained")
    inside = x509.NameConstraints([x509.DNSName("example")], None)
    leaf = forge.leaf(
        forge.ca("Sub", forge.root(), others=((inside, True),)),
        subject=subject(common_name="x", organization="y"),
        names=(x509.DNSName("csms.example"),),
    )
    assert check(leaf, profile=profiles.CSMS_SERVER, server_name="csms.example").result is Result.VALID
