"""How fast a store with 1,000 certificates opens, answers and changes.

    python -m tests.benchmarks.store_bench [DIRECTORY]

Times are wall milliseconds, the median of 15 runs. DIRECTORY (a temporary one by default) is where the store
lies; changes wait for its disk.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certs import pki
from certs.hashes import hash_data
from certs.pki.hierarchies import contents
from certs.store import Settings, Store
from certs.store.hash_types import to_message
from tests.support.stores import (
    DAY,
    NOW,
    PEM,
    Ca,
    Kind,
    Leaf,
    add_leaf,
    chain_text,
    put,
    requested,
    signed,
    text,
    world,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable

LEAVES: Final = 400
ROOTS: Final = 200
RUNS: Final = 15


def fill(root: Path) -> None:
    """Roots in a folder; leaves, most of them expired, each with chain and key."""
    usual = contents(world().rows["V2G_ROOT_CA"], world().options, pki.Edition.ISO2)
    key = world()["V2G_ROOT_CA"].key
    put(root / "ca/v2g/root.pem", text(world()["V2G_ROOT_CA"].certificate))
    put(root / "ca/mo/MO_ROOT_CA.pem", text(world()["MO_ROOT_CA"].certificate))
    for number in range(ROOTS):
        root_made = pki.issue(usual, key.public_key(), None, key, 10_000 + number)
        put(root / f"ca/v2g/root{number}.pem", text(root_made))
    for number in range(LEAVES):
        end = NOW + (30 * DAY if number % 10 == 0 else -DAY)
        add_leaf(root, f"leaf{number}", start=NOW - 90 * DAY, end=end)


def measured(what: Callable[[], object], runs: int = RUNS) -> float:
    """Milliseconds."""
    spent = []
    for _ in range(runs):
        started = time.perf_counter()
        what()
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent)


def cases(root: Path) -> dict[str, Callable[[], object]]:
    """What is measured, by name."""
    settings = Settings(root=root, v2g_ca_bundle="ca/v2g")
    store = Store(settings)
    leaf = world()["CPO_SUB_CA2"]
    usual = contents(world().rows["MO_ROOT_CA"], world().options, pki.Edition.ISO2)
    key = world()["MO_ROOT_CA"].key
    serials = iter(range(20_000, 30_000))
    absent = to_message(replace(hash_data(leaf.certificate, leaf.path[1]), serial_number="1234567"))
    contract = chain_text("MO_LEAF")

    def install() -> object:
        made = pki.issue(usual, key.public_key(), None, key, next(serials))
        return store.install_ca_certificate(text(made), Ca.MO, now=NOW)

    def update() -> object:
        return store.update_leaf_certificate(signed(requested(store)), Leaf.V2G, now=NOW)

    return {
        "open": lambda: Store(settings),
        "fingerprint of every file": store.fingerprint,
        "changes, nothing new": store.changes,
        "get_leaf_certificate_info": lambda: store.get_leaf_certificate_info(
            Leaf.V2G, PEM, include_ocsp=True, now=NOW
        ),
        "get_all_valid_certificates_info": lambda: store.get_all_valid_certificates_info(
            Leaf.V2G, PEM, include_ocsp=True, now=NOW
        ),
        "get_installed_certificates, roots": lambda: store.get_installed_certificates(
            [Kind.V2G_ROOT_CERTIFICATE], now=NOW
        ),
        "verify_certificate, contract": lambda: store.verify_certificate(
            contract, [Leaf.MO, Leaf.V2G], now=NOW
        ),
        "get_mo_ocsp_request_data": lambda: store.get_mo_ocsp_request_data(contract, now=NOW),
        "is_ca_certificate_installed": lambda: store.is_ca_certificate_installed(Ca.V2G),
        "get_leaf_expiry_days_count": lambda: store.get_leaf_expiry_days_count(Leaf.V2G, now=NOW),
        "delete_certificate, not found": lambda: store.delete_certificate(absent),
        "install_ca_certificate": install,
        "request and update_leaf_certificate": update,
    }


def main(arguments: list[str]) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(dir=arguments[0] if arguments else None) as name:
        root = Path(name)
        fill(root)
        files = sum(len(found) for _, _, found in os.walk(root))
        out = sys.stdout.write
        out(f"{files} files, {ROOTS + 1} roots, {LEAVES} leaves; ")
        out(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}\n")
        for what, run in cases(root).items():
            out(f"{what:40} {measured(run):9.3f} ms\n")


if __name__ == "__main__":
    main(sys.argv[1:])
