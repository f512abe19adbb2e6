"""A test PKI is read from the directory that `evsite pki init` writes."""

import pytest

from actors.simulation.csms.pki_files import check_names, load_authority
from actors.simulation.csms.script import Certificates
from certs import pki
from certs.errors import CertificateError
from tests.support.certificates import NOW, world

SETTINGS = Certificates()


NEEDED = ("authorities/", "client/cps", "client/mo", "client/cso/SECC", "server/", "crl/")


def written(folder, *, password=None, without=()):
    for name, file in pki.files(world(), password, with_broken=False).items():
        if name.startswith(NEEDED) and not any(each in name for each in without):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return written(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def read(whole):
    return load_authority(whole, SETTINGS)


def test_every_ca_is_read_with_its_issuer(read):

    sub = read.identities["CPO_SUB_CA2_20"]
    assert [one.name for one in (sub, sub.issuer, sub.issuer.issuer)] == [
        "CPO_SUB_CA2_20", "CPO_SUB_CA1_20", "V2G_ROOT_CA_20",
    ]  # fmt: skip
    assert sub.certificate == world()["CPO_SUB_CA2_20"].certificate
    assert read.lists
    assert len(read.random(4)) == 4


def test_the_contract_and_its_sender_are_read_with_their_keys(read):
    for name in ("MO_LEAF", "MO_LEAF_20", "CPS_LEAF", "CPS_LEAF_20"):
        assert read.identities[name].certificate == world()[name].certificate
        assert read.identities[name].chain == world()[name].chain
    assert read.contract(None, pki.Edition.ISO2, NOW).certificate == world()["MO_LEAF"].certificate


def test_encrypted_keys_open_with_their_password(tmp_path):
    folder = written(tmp_path, password=b"open sesame")

    assert "MO_LEAF" in load_authority(folder, SETTINGS, b"open sesame").identities
    with pytest.raises(CertificateError, match="no password"):
        load_authority(folder, SETTINGS)


def test_a_pki_without_leaves_still_has_its_cas(tmp_path):
    made = load_authority(written(tmp_path, without=("client/",)), SETTINGS)

    assert "MO_LEAF" not in made.identities
    assert "MO_SUB_CA2" in made.identities


def test_a_leaf_of_a_foreign_ca_is_left_out(tmp_path):
    made = load_authority(written(tmp_path, without=("authorities/MO_SUB_CA2.",)), SETTINGS)

    assert "MO_LEAF" not in made.identities
    assert "MO_LEAF_20" in made.identities


def test_a_chain_of_the_leaf_alone_is_left_out(tmp_path):
    folder = written(tmp_path)
    (folder / "client/mo/MO_CERT_CHAIN.pem").write_bytes((folder / "client/mo/MO_LEAF.pem").read_bytes())

    assert "MO_LEAF" not in load_authority(folder, SETTINGS).identities


def test_a_directory_without_cas_is_told(tmp_path):
    with pytest.raises(CertificateError, match="evsite pki init"):
        load_authority(tmp_path, SETTINGS)


@pytest.mark.parametrize("name", ["SECC_LEAF", "CSMS_SERVER", "MO_LEAF", "1234abcd", "0xFF"])
def test_what_is_to_be_revoked_is_known_by_name_or_number(read, name):
    check_names(read, Certificates(revoked=(name,)))

    assert read.serial_of(name) is not None


def test_what_nothing_is_called_cannot_be_revoked(whole):
    with pytest.raises(CertificateError, match=r"no certificate is called SECC_LAEF.*SECC_LEAF"):
        load_authority(whole, Certificates(revoked=("SECC_LAEF",)))


def test_a_damaged_file_is_an_error(tmp_path):
    folder = written(tmp_path)
    (folder / "authorities/MO_SUB_CA2.key").write_text("damaged")

    with pytest.raises(CertificateError, match=r"not a private key that can be read: .*MO_SUB_CA2\.key"):
        load_authority(folder, SETTINGS)
