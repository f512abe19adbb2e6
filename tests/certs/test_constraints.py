"""Name constraints, kind by kind: what lies within a subtree and what does not."""

from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from certs.constraints import allows
from certs.facts import read
from tests.support.certificates import Forge

FORGE = Forge("constraints")
DNS, MAIL, URI = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier


def network(text):
    return x509.IPAddress(ipaddress.ip_network(text))


def address(text):
    return x509.IPAddress(ipaddress.ip_address(text))


def directory(*parts):
    return x509.DirectoryName(x509.Name([x509.NameAttribute(oid, value) for oid, value in parts]))


CN, ORG = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME
WITHIN = [
    (DNS("example"), DNS("example"), True),
    (DNS("example"), DNS("a.EXAMPLE"), True),
    (DNS("example"), DNS("badexample"), False),
    (DNS(".example"), DNS("a.example"), True),
    (DNS(".example"), DNS("example"), False),
    (DNS(""), DNS("anything"), True),
    (MAIL("example"), MAIL("me@example"), True),
    (MAIL("example"), MAIL("me@a.example"), False),
    (MAIL(".example"), MAIL("me@a.example"), True),
    (MAIL(".example"), MAIL("me@example"), False),
    (MAIL("me@example"), MAIL("me@EXAMPLE"), True),
    (MAIL("me@example"), MAIL("you@example"), False),
    (URI("example"), URI("https://example/a"), True),
    (URI("example"), URI("https://a.example/"), False),
    (URI(".example"), URI("https://a.example:1/"), True),
    (URI("example"), URI("urn:example"), False),
    (URI("example"), URI("https://[example/"), False),
    (network("10.0.0.0/8"), address("10.1.2.3"), True),
    (network("10.0.0.0/8"), address("11.1.2.3"), False),
    (network("10.0.0.0/8"), address("::1"), False),
    (network("fe80::/10"), address("fe80::1"), True),
]


@pytest.mark.parametrize(("tree", "name", "within"), WITHIN)
def test_a_permitted_subtree_allows_what_lies_within(tree, name, within):
    leaf = read(FORGE.leaf(None, names=(name,)).certificate)
    constraints = x509.NameConstraints(permitted_subtrees=[tree], excluded_subtrees=None)
    assert allows(constraints, leaf) is within


@pytest.mark.parametrize(
    ("tree", "name", "within"), [row for row in WITHIN if row[1].value != "https://[example/"]
)
def test_an_excluded_subtree_forbids_what_lies_within(tree, name, within):
    leaf = read(FORGE.leaf(None, names=(name,)).certificate)
    constraints = x509.NameConstraints(permitted_subtrees=None, excluded_subtrees=[tree])
    assert allows(constraints, leaf) is not within


def test_a_uri_that_is_none_counts_as_excluded():
    leaf = read(FORGE.leaf(None, names=(URI("https://[example/"),)).certificate)
    assert not allows(x509.NameConstraints(None, [URI("example")]), leaf)


@pytest.mark.parametrize(
    ("parts", "allowed"),
    [
        (((ORG, "Test"), (CN, "Leaf")), True),
        (((ORG, "Test"),), True),
        (((ORG, "Other"),), False),
        (((ORG, "Test"), (CN, "Leaf"), (CN, "More")), False),
    ],
)
def test_a_directory_name_constraint_is_a_beginning_of_the_subject(parts, allowed):
    leaf = read(FORGE.leaf(None, subject=directory((ORG, "Test"), (CN, "Leaf")).value).certificate)
    constraints = x509.NameConstraints(permitted_subtrees=[directory(*parts)], excluded_subtrees=None)
    assert allows(constraints, leaf) is allowed


def test_constraints_of_another_kind_do_not_concern_a_name():
    leaf = read(FORGE.leaf(None, names=(DNS("anything"),)).certificate)
    assert allows(x509.NameConstraints([network("10.0.0.0/8")], [MAIL("example")]), leaf)


def test_a_kind_that_cannot_be_compared_is_allowed_nowhere():
    registered = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))
    leaf = read(FORGE.leaf(None, names=(registered,)).certificate)
    assert not allows(x509.NameConstraints([registered], None), leaf)
    assert not allows(x509.NameConstraints(None, [registered]), leaf)


@pytest.mark.parametrize(
    ("mail", "allowed"), [("me@example", True), ("me@other", False), ("not an address", True)]
)
def test_an_address_in_the_subject_is_constrained_too(mail, allowed):
    name = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, mail)])
    leaf = read(FORGE.leaf(None, subject=name).certificate)
    assert allows(x509.NameConstraints([MAIL("example")], None), leaf) is allowed


@pytest.mark.parametrize(
    ("common_name", "allowed"), [("a.example", True), ("a.other", False), ("Leaf", True)]
)
def test_a_common_name_that_is_a_host_is_constrained_as_host(common_name, allowed):
    leaf = read(FORGE.leaf(None, subject=directory((CN, common_name)).value).certificate)
    assert allows(x509.NameConstraints([DNS("example")], None), leaf) is allowed


def test_the_common_name_of_a_ca_is_no_host():
    authority = read(FORGE.ca("a.other", None).certificate)
    assert allows(x509.NameConstraints([DNS("example")], None), authority)


def test_a_certificate_without_subject_has_only_its_other_names():
    leaf = read(FORGE.leaf(None, subject=x509.Name([]), names=(DNS("a.example"),)).certificate)
    assert allows(x509.NameConstraints([directory((ORG, "Test"))], None), leaf)
