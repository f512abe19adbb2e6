import dataclasses
import inspect

import pytest

from certs.store import Store
from protocols.interface import everest_name
from protocols.interfaces import evse_security
from protocols.message import Command
from tests.support.stores import (
    NOW,
    PEM,
    Ca,
    Kind,
    Leaf,
    chain_text,
    opened,
    provision,
    put,
    renewed,
    station,
    text,
    tree,
    world,
)

COMMANDS = [
    each
    for each in vars(evse_security).values()
    if isinstance(each, type) and issubclass(each, Command) and each is not Command
]
OURS = {"now", "secc_id", "key_kind", "self"}
"""Arguments the interface does not have."""


def test_the_interface_has_sixteen_commands():
    assert len(COMMANDS) == 16


@pytest.mark.parametrize("command", COMMANDS, ids=everest_name)
def test_every_command_is_a_method_with_its_arguments(command):
    method = getattr(Store, everest_name(command))

    assert inspect.signature(method).parameters.keys() - OURS == {
        one.name for one in dataclasses.fields(command)
    }


def test_a_directory_of_everest_works_as_it_is(tmp_path):
    provision(tmp_path)
    before = tree(tmp_path)

    store = opened(tmp_path)

    assert tree(tmp_path) == before
    assert store.troubles() == ()
    assert len(store.get_installed_certificates((), now=NOW).certificate_hash_data_chain) == 5
    assert store.get_leaf_certificate_info(Leaf.CSMS, PEM, include_ocsp=False, now=NOW).info is not None


def test_files_and_commands_lead_to_the_same_answers(tmp_path):
    # given a store that was provisioned with files, and one that got the same by commands (S2.5)
    by_hand = station(tmp_path / "files")
    by_command = opened(tmp_path / "commands")
    for kind in Ca:
        root = text(world()[f"{kind.value}_ROOT_CA"].certificate)
        by_command.install_ca_certificate(root, kind, now=NOW)
    for name, kind, folder in (("SECC_LEAF", Leaf.V2G, "cso"), ("CSMS_LEAF", Leaf.CSMS, "csms")):
        key = tmp_path / f"files/client/{folder}/{name}.key"
        put(tmp_path / f"commands/client/{folder}/{name}.key", key.read_bytes(), 0o600)
        by_command.update_leaf_certificate(chain_text(name), kind, now=NOW)

    def answers(store):
        installed = store.get_installed_certificates((), now=NOW).certificate_hash_data_chain
        asked = store.get_v2g_ocsp_request_data(now=NOW).ocsp_request_data_list
        infos = [store.get_leaf_certificate_info(kind, PEM, include_ocsp=True, now=NOW) for kind in Leaf]
        shown = [
            (one.status, one.info.certificate_root, one.info.certificate_count) if one.info else one.status
            for one in infos
        ]
        days = [store.get_leaf_expiry_days_count(kind, now=NOW) for kind in Leaf]
        verified = [
            store.verify_certificate(chain_text(name), [kind], now=NOW)
            for name, kind in (("MO_LEAF", Leaf.MO), ("SECC_LEAF", Leaf.V2G), ("MF_LEAF", Leaf.MF))
        ]
        return installed, asked, shown, days, verified

    assert answers(by_hand) == answers(by_command)


def test_relocated_paths_hold_everything_that_is_installed(tmp_path):
    keys = {
        "v2g_ca_bundle": "roots/cars.pem",
        "csms_ca_bundle": "roots/csms",
        "mo_ca_bundle": str(tmp_path / "far/contracts"),
        "mf_ca_bundle": "roots/firmware.pem",
        "secc_leaf_cert_directory": "own/cars",
        "secc_leaf_key_directory": "own/keys",
        "csms_leaf_cert_directory": "own/csms",
        "csms_leaf_key_directory": "own/keys2",
    }
    store = opened(tmp_path / "certs", **keys)

    for kind in Ca:
        store.install_ca_certificate(text(world()[f"{kind.value}_ROOT_CA"].certificate), kind, now=NOW)
    renewed(store, Leaf.V2G)
    renewed(store, Leaf.CSMS)

    folders = {name.rpartition("/")[0] for name in tree(tmp_path, lambda name: ".evsite" not in name)}
    assert folders == {
        "certs/roots", "certs/roots/csms", "far/contracts", "certs/own/cars", "certs/own/keys",
        "certs/own/csms", "certs/own/keys2",
    }  # fmt: skip


def test_questions_change_no_file_of_the_store(tmp_path):
    store = station(tmp_path)
    before = store.fingerprint()

    for kind in Leaf:
        store.get_leaf_certificate_info(kind, PEM, include_ocsp=True, now=NOW)
        store.get_all_valid_certificates_info(kind, PEM, include_ocsp=True, now=NOW)
        store.get_leaf_expiry_days_count(kind, now=NOW)
    for kind in Ca:
        store.get_verify_file(kind)
        store.get_verify_location(kind)
        store.is_ca_certificate_installed(kind)
    store.get_installed_certificates(tuple(Kind), now=NOW)
    store.get_v2g_ocsp_request_data(now=NOW)
    store.collect_garbage(now=NOW)

    assert store.fingerprint() == before


def test_firmware_can_be_verified_through_the_store(tmp_path):
    assert not station(tmp_path).verify_file_signature(str(tmp_path / "none"), "", "")


def test_the_layout_can_be_asked_for(tmp_path):
    assert station(tmp_path).layout.root == tmp_path
