"""Each rule of path validation, broken and kept: a table of how a chain is made and what has to come out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from certs import chain, profiles
from certs.keys import KeyKind
from certs.names import subject
from certs.pem import load_der
from certs.pki.issuing import CA_USAGES
from certs.verdict import Reason, Refused, Result
from tests.support.certificates import DAY, NOW, Forge, check, der
from tests.support.der import without_version

UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
INSTANT = DAY / 86400


def permitted(*trees):
    return x509.NameConstraints(permitted_subtrees=trees, excluded_subtrees=None), True


def plain(forge, root=None, sub=None, leaf=None):
    """Root, one sub-CA and a leaf, with changes to each."""
    top = forge.root(**(root or {}))
    return forge.leaf(forge.ca("Sub", top, **(sub or {})), **(leaf or {}))


def deep(forge, lengths):
    """A sub-CA for each path length, the first below the root."""
    issuer = forge.root()
    for number, length in enumerate(lengths):
        issuer = forge.ca(f"Sub {number}", issuer, path_length=length)
    return forge.leaf(issuer)


REFUSED = {
    "leaf expired": (Reason.EXPIRED, lambda f: plain(f, leaf={"not_after": NOW - INSTANT})),
    "sub-CA expired": (Reason.EXPIRED, lambda f: plain(f, sub={"not_after": NOW - INSTANT})),
    "root expired": (Reason.EXPIRED, lambda f: plain(f, root={"not_after": NOW - INSTANT})),
    "leaf not yet valid": (Reason.NOT_YET_VALID, lambda f: plain(f, leaf={"not_before": NOW + INSTANT})),
    "sub-CA not yet valid": (Reason.NOT_YET_VALID, lambda f: plain(f, sub={"not_before": NOW + INSTANT})),
    "root not yet valid": (Reason.NOT_YET_VALID, lambda f: plain(f, root={"not_before": NOW + INSTANT})),
    "sub-CA without basic constraints": (
        Reason.NOT_A_CA,
        lambda f: plain(f, sub={"basic_constraints": False}),
    ),
    "sub-CA that is no CA": (Reason.NOT_A_CA, lambda f: plain(f, sub={"ca": False})),
    "root that is no CA": (Reason.NOT_A_CA, lambda f: plain(f, root={"ca": False})),
    "leaf that is a CA": (Reason.LEAF_IS_CA, lambda f: plain(f, leaf={"ca": True})),
    "sub-CA may not sign certificates": (
        Reason.KEY_USAGE,
        lambda f: plain(f, sub={"usages": frozenset({"crl_sign"})}),
    ),
    "root may not sign certificates": (
        Reason.KEY_USAGE,
        lambda f: plain(f, root={"usages": frozenset({"crl_sign"})}),
    ),
    "leaf may not sign": (
        Reason.KEY_USAGE,
        lambda f: plain(f, leaf={"usages": frozenset({"key_agreement"})}),
    ),
    "sub-CA below path length 0": (Reason.PATH_LENGTH, lambda f: deep(f, [0, None])),
    "two sub-CAs below path length 1": (Reason.PATH_LENGTH, lambda f: deep(f, [1, None, None])),
    "path length of the root exceeded": (
        Reason.PATH_LENGTH,
        lambda f: plain(f, root={"path_length": 0}, sub={}),
    ),
    "more sub-CAs than the profile allows": (Reason.TOO_DEEP, lambda f: deep(f, [None] * 4)),
    "unknown critical extension in the leaf": (
        Reason.CRITICAL_EXTENSION,
        lambda f: plain(f, leaf={"others": ((UNKNOWN, True),)}),
    ),
    "unknown critical extension in a sub-CA": (
        Reason.CRITICAL_EXTENSION,
        lambda f: plain(f, sub={"others": ((UNKNOWN, True),)}),
    ),
    "unknown critical extension in the root": (
        Reason.CRITICAL_EXTENSION,
        lambda f: plain(f, root={"others": ((UNKNOWN, True),)}),
    ),
    "policies that must be explicit": (
        Reason.CRITICAL_EXTENSION,
        lambda f: plain(f, sub={"others": ((x509.PolicyConstraints(0, None), True),)}),
    ),
    "another curve in the leaf": (Reason.ALGORITHM, lambda f: plain(f, leaf={"kind": KeyKind.P384})),
    "another curve in a sub-CA": (Reason.ALGORITHM, lambda f: plain(f, sub={"kind": KeyKind.P521})),
    "another curve in the root": (Reason.ALGORITHM, lambda f: plain(f, root={"kind": KeyKind.P384})),
    "wrong domain component": (
        Reason.DOMAIN_COMPONENT,
        lambda f: plain(
            f, leaf={"subject": subject(common_name="a", organization="b", domain_component="MO")}
        ),
    ),
    "no domain component": (
        Reason.DOMAIN_COMPONENT,
        lambda f: plain(f, leaf={"subject": subject(common_name="a", organization="b")}),
    ),
    "leaf without common name": (Reason.SUBJECT, lambda f: plain(f, leaf={"subject": x509.Name([])})),
    "name outside of the permitted ones": (
        Reason.NAME_CONSTRAINTS,
        lambda f: plain(
            f, sub={"others": (permitted(x509.DNSName("example")),)}, leaf={"names": (x509.DNSName("other"),)}
        ),
    ),
    "constraints of the root": (
        Reason.NAME_CONSTRAINTS,
        lambda f: plain(
            f,
            root={"others": (permitted(x509.DNSName("example")),)},
            leaf={"names": (x509.DNSName("other"),)},
        ),
    ),
}

VALID = {
    "three certificates": plain,
    "leaf directly below the root": lambda f: f.leaf(f.root()),
    "as many sub-CAs as the profile allows": lambda f: deep(f, [None] * 3),
    "path lengths just kept": lambda f: deep(f, [1, 0]),
    "last instant of the leaf": lambda f: plain(f, leaf={"not_after": NOW}),
    "first instant of the leaf": lambda f: plain(f, leaf={"not_before": NOW}),
    "leaf without key usage": lambda f: plain(f, leaf={"usages": None}),
    "sub-CA without key usage": lambda f: plain(f, sub={"usages": None}),
    "leaf without basic constraints": lambda f: plain(f, leaf={"basic_constraints": False}),
    "no key ids at all": lambda f: plain(
        f, root={"key_ids": False}, sub={"key_ids": False}, leaf={"key_ids": False}
    ),
    "unknown extension that is not critical": lambda f: plain(f, leaf={"others": ((UNKNOWN, False),)}),
    "critical policies": lambda f: plain(
        f,
        leaf={
            "others": (
                (
                    x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]),
                    True,
                ),
            )
        },
    ),
    "any purpose where the profile has none": lambda f: plain(f, leaf={"purposes": (Purpose.TIME_STAMPING,)}),
    "name among the permitted ones": lambda f: plain(
        f, sub={"others": (permitted(x509.DNSName("example")),)}, leaf={"names": (x509.DNSName("a.example"),)}
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_rule_gives_its_own_reason(case):
    reason, make = REFUSED[case]
    verdict = check(make(Forge(case)))
    assert isinstance(verdict, Refused)
    assert verdict.reason is reason
    assert str(verdict).startswith(str(reason))


@pytest.mark.parametrize("case", VALID)
def test_a_rule_that_is_just_kept_lets_the_chain_pass(case):
    verdict = check(VALID[case](Forge(case)))
    assert verdict.result is Result.VALID, verdict


def test_the_refusal_names_the_certificate_at_fault():
    leaf = plain(Forge("fault"), sub={"not_after": NOW - DAY / 2})
    verdict = check(leaf)
    assert isinstance(verdict, Refused)
    assert verdict.certificate == leaf.issuer.certificate
    assert verdict.detail == (NOW - DAY / 2).isoformat()


def test_self_issued_sub_cas_do_not_count_for_path_lengths():
    # given a CA that has changed its key and certified the new one with the old one
    forge = Forge("rollover")
    sub = forge.ca("Sub", forge.root(), path_length=0)
    rolled = forge.ca("Sub", sub, path_length=0)
    leaf = forge.leaf(rolled)
    # then the step from the old key to the new one is no further sub-CA
    assert check(leaf).result is Result.VALID


def test_self_issued_sub_cas_are_exempt_from_name_constraints():
    forge = Forge("exempt")
    root = forge.root(others=(permitted(x509.DirectoryName(subject(common_name="x", organization="y"))),))
    rolled = forge.ca("Root", root)
    leaf = forge.leaf(rolled)
    verdict = check(leaf)
    assert isinstance(verdict, Refused)
    assert (verdict.reason, verdict.certificate) == (Reason.NAME_CONSTRAINTS, leaf.certificate)


def test_a_sub_ca_without_any_name_is_refused():
    verdict = check(plain(Forge("nameless"), sub={"subject": x509.Name([])}))
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.SUBJECT


@pytest.mark.parametrize(
    ("purposes", "reason"),
    [
        ((Purpose.SERVER_AUTH,), None),
        ((Purpose.ANY_EXTENDED_KEY_USAGE,), None),
        ((), None),
        ((Purpose.CLIENT_AUTH,), Reason.EXTENDED_KEY_USAGE),
    ],
)
@pytest.mark.parametrize("place", ["leaf", "sub"])
def test_purposes_are_asked_of_leaf_and_sub_ca_where_named(place, purposes, reason):
    leaf = plain(Forge(f"{place}{purposes}"), **{place: {"purposes": purposes}})
    verdict = check(leaf, profile=replace(profiles.SECC_ISO2, purpose=Purpose.SERVER_AUTH))
    assert getattr(verdict, "reason", None) is reason


def test_the_purposes_of_a_root_restrict_nobody():
    leaf = plain(Forge("root purposes"), root={"purposes": (Purpose.CLIENT_AUTH,)})
    assert (
        check(leaf, profile=replace(profiles.SECC_ISO2, purpose=Purpose.SERVER_AUTH)).result is Result.VALID
    )


def test_a_leaf_with_nothing_but_alternative_names_has_a_name():
    leaf = plain(Forge("san only"), leaf={"subject": x509.Name([]), "names": (x509.DNSName("a.example"),)})
    assert check(leaf, profile=profiles.CSMS_SERVER).result is Result.VALID


def test_a_leaf_without_any_name_is_refused():
    verdict = check(plain(Forge("no name"), leaf={"subject": x509.Name([])}), profile=profiles.CSMS_SERVER)
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.SUBJECT


@pytest.mark.parametrize(("bits", "reason"), [(1024, Reason.ALGORITHM), (2048, None)])
def test_rsa_keys_need_the_length_the_profile_asks_for(bits, reason):
    key = rsa.generate_private_key(65537, bits)
    leaf = plain(Forge("rsa"), leaf={"key": key})
    assert getattr(check(leaf, profile=profiles.CSMS_CLIENT), "reason", None) is reason


def test_a_signature_hash_outside_of_the_profile_is_refused():
    # given keys that fit, in a profile that wants another hash
    verdict = check(plain(Forge("hash")), profile=replace(profiles.SECC_ISO2, hashes=frozenset({"sha512"})))
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.ALGORITHM


def test_the_hash_of_the_roots_own_signature_does_not_matter():
    # given a root of P-384, signing with SHA-384, above leaves that are judged by their own hash
    forge = Forge("root hash")
    leaf = forge.leaf(forge.root())
    profile = replace(profiles.SECC_ISO2, hashes=frozenset({"sha256"}))
    assert check(leaf, profile=profile).result is Result.VALID


def test_edwards_signatures_bring_their_own_hash():
    leaf = Forge("ed", KeyKind.ED25519)
    verdict = check(leaf.leaf(leaf.root()), profile=profiles.CSMS_CLIENT)
    assert verdict.result is Result.VALID


def test_a_certificate_of_version_1_is_refused():
    # given a root of version 1, made by leaving out what version 3 has added
    forge = Forge("v1")
    root = forge.root(basic_constraints=False, usages=None, key_ids=False)
    leaf = forge.leaf(root)
    old = load_der(without_version(der(root.certificate)))
    verdict = chain.verify(leaf.certificate, [], [old], profile=profiles.SECC_ISO2, now=NOW)
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.VERSION


def test_ca_usages_are_what_cas_are_made_with():
    assert {"key_cert_sign", "crl_sign"} == CA_USAGES
