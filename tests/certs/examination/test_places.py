import os
from dataclasses import replace

import pytest

from certs import pem
from certs.examination import examine, inspect
from certs.keys import KeyKind, generate_key, key_to_pem
from certs.store import Settings
from tests.support.ailing import CSO, ailments, findings, healthy
from tests.support.stores import DAY, NOW, put, text, world

CUT = b"-----BEGIN CERTIFICATE-----\nAAAA"
ROOT = text(world()["V2G_ROOT_CA"].certificate).encode()
BUNDLE = "ca/v2g/V2G_ROOT_CA.pem"


@pytest.fixture
def root(tmp_path):
    return healthy(tmp_path)


def new_key():
    return key_to_pem(generate_key(KeyKind.P256))


def test_a_file_that_is_good_in_part_is_damaged(root):
    put(root / BUNDLE, ROOT + CUT)

    assert ailments(root) == [("error", "DAMAGED")]


@pytest.mark.parametrize(("name", "content"), [("x.pem", CUT), ("x.key", b"garbage"), ("x.der", b"\x30\x00")])
def test_a_file_with_nothing_of_use_is_garbage(root, name, content):
    put(root / CSO / name, content, 0o600)

    assert ailments(root) == [("error", "GARBAGE")]


def test_a_link_out_of_the_store_is_named(root):
    (root / CSO / "x.pem").symlink_to("/nowhere")

    (finding,) = findings(root)
    assert (finding.ailment.name, finding.path) == ("OUTSIDE", root / CSO / "x.pem")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_keys_are_for_their_owner_only(root, mode):
    (root / f"{CSO}/SECC_LEAF.key").chmod(mode)

    (finding,) = findings(root)
    assert (finding.ailment.name, finding.text) == ("OPEN_KEY", f"its mode is {mode:04o}")


def test_a_certificate_with_its_key_is_told_once_if_open(root):
    leaf = root / f"{CSO}/SECC_LEAF.pem"
    key = root / f"{CSO}/SECC_LEAF.key"
    put(leaf, leaf.read_bytes() + key.read_bytes(), 0o644)
    key.unlink()

    assert ailments(root) == [("error", "OPEN_KEY")]


def test_a_key_with_a_password_nobody_knows_is_told(root):
    put(root / f"{CSO}/other.key", key_to_pem(generate_key(KeyKind.P256), b"secret"), 0o600)

    assert ailments(root) == [("error", "PASSWORD")]


@pytest.mark.parametrize(("age_days", "told"), [(0, False), (2, True), (-2, True)])
def test_a_key_without_certificate_may_wait_for_an_hour(root, age_days, told):
    path = put(root / f"{CSO}/new.key", new_key(), 0o600)
    os.utime(path, ((NOW - age_days * DAY).timestamp(),) * 2)

    assert ailments(root) == ([("warning", "STRAY_KEY")] if told else [])


def test_a_chain_whose_leaf_is_not_first_is_named_with_its_domain(root):
    chain = root / f"{CSO}/CPO_CERT_CHAIN.pem"
    chain.write_bytes(pem.to_pem(reversed(pem.load_certificates(chain.read_bytes()))))

    (finding,) = findings(root)
    assert (finding.ailment.name, finding.domain) == ("DISORDER", "V2G")


def test_copies_and_repetitions_are_notes(root):
    put(root / BUNDLE, ROOT * 2)
    put(root / f"{CSO}/copy.pem", (root / f"{CSO}/SECC_LEAF.pem").read_bytes())

    assert ailments(root) == [("note", "REPEATED"), ("note", "COPY")]


def test_of_two_equal_keys_the_one_beside_its_leaf_stays(root):
    copy = put(root / f"{CSO}/A.key", (root / f"{CSO}/SECC_LEAF.key").read_bytes(), 0o600)

    (finding,) = findings(root)
    assert (finding.ailment.name, finding.path) == ("COPY", copy)


def test_the_chain_of_a_leaf_without_sub_cas_is_no_copy(root):
    leaf = (root / f"{CSO}/SECC_LEAF.pem").read_bytes()
    put(root / f"{CSO}/CPO_CERT_CHAIN.pem", leaf)

    assert ("note", "COPY") not in ailments(root)


def test_what_a_link_leads_to_is_no_copy(root):
    key = root / f"{CSO}/SECC_LEAF.key"
    key.rename(root / f"{CSO}/z.key")
    key.symlink_to("z.key")

    assert ailments(root) == []


def test_the_journal_of_a_change_cut_short_is_a_note(root):
    put(root / ".evsite/journal", b"[]")

    assert ailments(root) == [("note", "UNFINISHED")]


def test_a_file_that_cannot_be_read_is_named(root):
    # given a file that grew beyond what is read
    with (root / f"{CSO}/x.pem").open("wb") as file:
        file.truncate(pem.MAX_BYTES + 1)

    (finding,) = findings(root)
    assert (finding.ailment.name, finding.text) == (
        "CLOSED",
        f"{root}/{CSO}/x.pem has {pem.MAX_BYTES + 1} bytes",
    )


def test_folders_that_are_closed_to_the_station_are_errors(root):
    seen = replace(
        inspect(Settings(root=root)), unlistable=(root / "client",), unwritable=(root / CSO, root / "ca")
    )

    found = [(one.level.value, one.ailment.name, one.path) for one in examine(seen, NOW)]

    assert found == [
        ("error", "UNLISTABLE", root / "client"),
        ("error", "UNWRITABLE", root / CSO),
        ("error", "UNWRITABLE", root / "ca"),
    ]
