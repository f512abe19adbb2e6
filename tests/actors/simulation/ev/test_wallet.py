import pytest

from actors.simulation.ev.wallet import Credential, WalletError, load_wallet
from certs import pki
from certs.tls import Edition
from tests.support.certificates import NOW, world
from tests.support.ev_cars import wallet


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    found = tmp_path_factory.mktemp("pki")
    for name, file in pki.files(world()).items():
        path = found / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return found


def test_a_wallet_holds_what_pki_init_makes(directory):
    found = load_wallet(directory)

    assert found.contract.name == found.contract_20.name == "DE8EVSC0000001X"
    assert found.provisioning.name == found.vehicle.name == "WEVSITE0000000001"
    assert len(found.v2g_roots) == 2
    assert [len(one.chain) for one in (found.contract, found.provisioning_20, found.vehicle)] == [3, 3, 3]


def test_another_contract_is_taken_from_its_directory(directory):
    found = load_wallet(directory, contract="broken/MO_LEAF/expired")

    assert found.contract.leaf.not_valid_after_utc < NOW < found.contract_20.leaf.not_valid_after_utc


def test_a_named_contract_has_to_be_there(directory):
    with pytest.raises(WalletError, match="no chain with its key"):
        load_wallet(directory, contract="broken/MO_LEAF/none")


def test_an_empty_directory_makes_an_empty_wallet(tmp_path):
    found = load_wallet(tmp_path)

    assert (found.contract, found.v2g_roots, found.vehicle_identity) == (None, (), None)


def test_a_damaged_chain_is_named(tmp_path):
    path = tmp_path / "ca/v2g/V2G_ROOT_CA.pem"
    path.parent.mkdir(parents=True)
    path.write_text("no certificate")

    with pytest.raises(WalletError, match="V2G_ROOT_CA"):
        load_wallet(tmp_path)


def test_a_damaged_key_is_named_and_not_shown(tmp_path, directory):
    folder = tmp_path / "client/mo"
    folder.mkdir(parents=True)
    folder.joinpath("MO_CERT_CHAIN.pem").write_bytes((directory / "client/mo/MO_CERT_CHAIN.pem").read_bytes())
    folder.joinpath("MO_LEAF.key").write_text("SECRET")

    with pytest.raises(WalletError, match=r"MO_LEAF\.key") as caught:
        load_wallet(tmp_path)
    assert "SECRET" not in str(caught.value)


def test_a_directory_in_place_of_a_file_is_named(tmp_path):
    (tmp_path / "ca/v2g/V2G_ROOT_CA.pem").mkdir(parents=True)

    with pytest.raises(WalletError, match="V2G_ROOT_CA"):
        load_wallet(tmp_path)


def test_a_key_is_never_in_the_text_of_a_credential():
    assert "key=" not in repr(wallet().contract)


def test_a_vehicle_is_shown_to_stations_of_20():
    assert wallet().vehicle_identity.edition is Edition.ISO20


def test_an_rsa_key_signs_no_messages():
    from certs.keys import KeyKind, generate_key

    made = Credential(chain=wallet().contract.chain, key=generate_key(KeyKind.RSA))

    assert made.signing_key is None


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    found = tmp_path_factory.mktemp("locked")
    for name, file in pki.files(world(), b"123456", with_broken=False).items():
        path = found / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return found


def test_encrypted_keys_are_opened_by_the_passwords_beside_them(locked):
    found = load_wallet(locked)

    assert b"ENCRYPTED" in (locked / "client/mo/MO_LEAF.key").read_bytes()
    assert None not in (found.contract, found.contract_20, found.provisioning, found.vehicle)


@pytest.mark.parametrize("password", [None, "", "654321"])
def test_a_key_whose_password_is_missing_or_wrong_is_named(locked, tmp_path, password):
    folder = tmp_path / "client/mo"
    folder.mkdir(parents=True)
    for name in ("MO_CERT_CHAIN.pem", "MO_LEAF.key"):
        (folder / name).write_bytes((locked / "client/mo" / name).read_bytes())
    if password is not None:
        (folder / "MO_LEAF_PASSWORD.txt").write_text(password)

    with pytest.raises(WalletError, match=r"MO_LEAF\.key"):
        load_wallet(tmp_path)
