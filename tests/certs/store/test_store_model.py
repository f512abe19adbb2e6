"""Random sequences of commands against a model that is a handful of sets."""

import base64
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from certs import pem, pki
from certs.hashes import hash_data
from certs.store import OcspUpdate
from certs.store.hash_types import to_message
from protocols.types.evse_security import DeleteCertificateResult, InstallCertificateResult
from tests.support.examples import few
from tests.support.stores import NOW, PEM, Ca, Kind, Leaf, opened, other_world, requested, signed, text, world

pytestmark = pytest.mark.untraced

V2G_ROOT = world()["V2G_ROOT_CA"]
ROOTS = {
    f"{made.options.organization} {name}": made[name]
    for made in (world(), other_world())
    for name in ("V2G_ROOT_CA", "MO_ROOT_CA", "CSMS_ROOT_CA")
}
SUBS = {name: world()[name] for name in ("CPO_SUB_CA1", "CPO_SUB_CA2")}


def hashes_of(certificate, issuer):
    return to_message(hash_data(certificate, issuer))


class StoreModel(RuleBasedStateMachine):
    leaves = Bundle("leaves")

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.store = opened(self.root)
        self.roots = {kind: set() for kind in Ca}
        self.owned = set()
        self.answered = set()

    def teardown(self):
        self.folder.cleanup()

    @rule(name=st.sampled_from(sorted(ROOTS)), kind=st.sampled_from(Ca))
    def install(self, name, kind):
        certificate = ROOTS[name].certificate
        result = self.store.install_ca_certificate(text(certificate), kind, now=NOW)
        assert result is InstallCertificateResult.ACCEPTED
        self.roots[kind].add(certificate)

    @rule(name=st.sampled_from(sorted(ROOTS)))
    def delete_root(self, name):
        certificate = ROOTS[name].certificate
        known = any(certificate in found for found in self.roots.values())
        result = self.store.delete_certificate(hashes_of(certificate, certificate))
        assert result is (DeleteCertificateResult.ACCEPTED if known else DeleteCertificateResult.NOT_FOUND)
        for found in self.roots.values():
            found.discard(certificate)

    @rule(target=leaves)
    def update(self):
        chain = signed(requested(self.store))
        trusted = V2G_ROOT.certificate in self.roots[Ca.V2G]
        result = self.store.update_leaf_certificate(chain, Leaf.V2G, now=NOW)
        leaf = pem.load_certificates(chain)[0]
        if trusted:
            assert result is InstallCertificateResult.ACCEPTED
            self.owned.add(leaf)
        else:
            assert result is InstallCertificateResult.NO_ROOT_CERTIFICATE_INSTALLED
        return leaf

    @rule(leaf=leaves)
    def answer(self, leaf):
        issuer = SUBS["CPO_SUB_CA2"]
        der = pki.ocsp_response(leaf, issuer, period=pki.Period.around(NOW))
        result = self.store.update_ocsp_cache(
            hashes_of(leaf, issuer.certificate), base64.b64encode(der).decode(), now=NOW
        )
        assert result is (OcspUpdate.STORED if leaf in self.owned else OcspUpdate.UNKNOWN_CERTIFICATE)
        if leaf in self.owned:
            self.answered.add(leaf)

    @rule(leaf=leaves)
    def delete_leaf(self, leaf):
        result = self.store.delete_certificate(hashes_of(leaf, SUBS["CPO_SUB_CA2"].certificate))
        known = leaf in self.owned
        assert result is (DeleteCertificateResult.ACCEPTED if known else DeleteCertificateResult.NOT_FOUND)
        self.owned.discard(leaf)
        self.answered.discard(leaf)

    @rule()
    def delete_sub_ca(self):
        sub, issuer = SUBS["CPO_SUB_CA2"], SUBS["CPO_SUB_CA1"]
        result = self.store.delete_certificate(hashes_of(sub.certificate, issuer.certificate))
        known = bool(self.owned)
        assert result is (DeleteCertificateResult.ACCEPTED if known else DeleteCertificateResult.NOT_FOUND)
        self.owned.clear()
        self.answered.clear()

    @rule()
    def open_again(self):
        self.store = opened(self.root)

    @invariant()
    def roots_are_those_of_the_model(self):
        for kind in Ca:
            bundle = self.root / f"ca/{kind.value.lower()}/{kind.value}_ROOT_CA.pem"
            data = bundle.read_bytes()
            assert set(pem.load_certificates(data) if data else ()) == self.roots[kind]
            assert self.store.is_ca_certificate_installed(kind) is bool(self.roots[kind])

    @invariant()
    def leaves_are_those_of_the_model(self):
        found = self.store.get_installed_certificates([Kind.V2G_CERTIFICATE_CHAIN], now=NOW)
        serials = {one.certificate_hash_data.serial_number for one in found.certificate_hash_data_chain}
        assert serials == {f"{leaf.serial_number:x}" for leaf in self.owned}
        chosen = self.store.get_leaf_certificate_info(Leaf.V2G, PEM, include_ocsp=False, now=NOW)
        assert (chosen.info is not None) is bool(self.owned)

    @invariant()
    def nothing_else_lies_about(self):
        pems = list((self.root / "client/cso").glob("*.pem"))
        answers = list((self.root / "client/cso/ocsp").glob("*"))
        assert len(pems) == 2 * len(self.owned)
        assert len(answers) == 2 * len(self.answered)
        assert not list(self.root.rglob(".evsite-*"))


StoreModel.TestCase.settings = settings(few(15), stateful_step_count=25)
TestStoreModel = StoreModel.TestCase
