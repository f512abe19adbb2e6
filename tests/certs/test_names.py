from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from certs import names
from certs.errors import CertificateError, Problem
from tests.support.certificates import Forge, world


def test_a_subject_is_written_as_country_organization_name_component():
    made = names.subject(common_name="n", organization="o", country="DE", domain_component="CPO")
    assert [(one.oid, one.value) for one in made] == [
        (NameOID.COUNTRY_NAME, "DE"),
        (NameOID.ORGANIZATION_NAME, "o"),
        (NameOID.COMMON_NAME, "n"),
        (NameOID.DOMAIN_COMPONENT, "CPO"),
    ]


@pytest.mark.parametrize(
    "parts",
    [
        {"country": "Germany"},
        {"country": "de"},
        {"country": ""},
        {"common_name": ""},
        {"common_name": "a" * 65},
        {"common_name": "a\nb"},
        {"organization": "\x00"},
        {"domain_component": ""},
        {"domain_component": "ü"},
        {"common_name": "ü" * 64},
    ],
)
def test_parts_that_cannot_be_written_are_a_bad_subject(parts):
    with pytest.raises(CertificateError) as caught:
        names.subject(**{"common_name": "n", "organization": "o", **parts})
    assert caught.value.problem is Problem.BAD_SUBJECT


def test_a_component_replaces_the_one_a_name_has():
    name = names.subject(common_name="n", organization="o", domain_component="MO")
    replaced = names.subject_with(name, "CPO")
    assert names.attributes(replaced, NameOID.DOMAIN_COMPONENT) == ("CPO",)
    assert names.attributes(names.subject_with(name, None), NameOID.DOMAIN_COMPONENT) == ()


def test_the_last_common_name_is_the_one_that_counts():
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, value) for value in ("first", "last")])
    assert names.common_name(Forge().leaf(None, subject=name).certificate) == "last"


def test_a_certificate_may_have_no_common_name():
    assert names.common_name(Forge().leaf(None, subject=x509.Name([])).certificate) is None


def test_components_are_read_from_the_subject():
    assert names.domain_components(world()["SECC_LEAF"].certificate) == ("CPO",)


def test_a_description_has_no_control_characters_and_a_bound():
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "a\x1b[31mb"),
            *(x509.NameAttribute(NameOID.ORGANIZATION_NAME, "o" * 60) for _ in range(9)),
        ]
    )
    text = names.describe(name)
    assert text.isprintable()
    assert len(text) == 200


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        ("csms.example", "csms.example", True),
        ("CSMS.example", "csms.EXAMPLE.", True),
        ("csms.example", "other.example", False),
        ("*.example.org", "csms.example.org", True),
        ("*.example.org", "a.csms.example.org", False),
        ("*.example.org", "example.org", False),
        ("*.org", "example.org", False),
        ("*", "example", False),
        ("c*.example.org", "csms.example.org", False),
        ("csms.example", "csms..example", False),
        ("csms.example", "", False),
        ("a" * 300, "a" * 300, False),
    ],
)
def test_host_names_match_whole_or_by_first_label(pattern, host, matches):
    assert names.matches_host(pattern, host) is matches


SAN = [x509.DNSName("csms.example"), x509.IPAddress(ipaddress.ip_address("10.0.0.1"))]


@pytest.mark.parametrize(
    ("given", "server", "fallback", "covered"),
    [
        (SAN, "csms.example", None, True),
        (SAN, "10.0.0.1", None, True),
        (SAN, "10.0.0.2", None, False),
        (SAN, "common.example", "common.example", False),
        ([], "common.example", "common.example", True),
        ([], "common.example", None, False),
        ([], "other.example", "common.example", False),
        ([x509.DNSName("10.0.0.1")], "10.0.0.1", None, False),
    ],
)
def test_a_server_is_covered_by_alternative_names_or_fallback(given, server, fallback, covered):
    assert names.covers(given, server, fallback=fallback) is covered
