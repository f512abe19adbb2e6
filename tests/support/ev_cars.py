"""Cars for tests: scripts from YAML text and wallets of the test world."""

from __future__ import annotations

import functools

from actors.simulation.ev.script_file import read_script
from actors.simulation.ev.wallet import Credential, Wallet
from certs.profiles import Domain
from tests.support.certificates import world


def script(text=""):
    """The script in a YAML text."""
    return read_script(text.encode() or b"{}", "test.yaml")


def credential(name):
    """A chain of the test world with its key."""
    identity = world()[name]
    return Credential(chain=identity.chain, key=identity.key)


@functools.cache
def wallet(*, contract=True):
    """Everything a car of both editions has."""
    return Wallet(
        v2g_roots=world().roots(Domain.V2G),
        mo_roots=world().roots(Domain.MO),
        contract=credential("MO_LEAF") if contract else None,
        contract_20=credential("MO_LEAF_20") if contract else None,
        provisioning=credential("OEM_LEAF"),
        provisioning_20=credential("OEM_LEAF_20"),
        vehicle=credential("VEHICLE_LEAF_20"),
    )
