"""A station whose own certificates will soon have ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from certs.keys import KeyKind, generate_key, key_to_pem
from tests.support.multiplexed import living_pki
from tests.support.stores import leaf_for, put, text

if TYPE_CHECKING:
    from pathlib import Path

LEFT: Final = timedelta(days=20)
"""Of the thirty with less than which a leaf is renewed."""
_DAY: Final = timedelta(days=1)


def short_secc_leaf(state: Path) -> None:
    """The only certificate for cars, below a state directory: one of ISO 15118-2 with `LEFT`."""
    folder = state / "certs/client/cso"
    for path in folder.glob("*"):
        path.unlink()
    _put(folder, "SECC_LEAF")
    chain = living_pki()["CPO_SUB_CA2"].chain
    put(folder / "CPO_CERT_CHAIN.pem", (folder / "SECC_LEAF.pem").read_text() + text(*chain))


def short_csms_leaf(state: Path) -> None:
    """The certificate for the back-end, with `LEFT`."""
    _put(state / "certs/client/csms", "CSMS_LEAF")


def _put(folder: Path, name: str) -> None:
    made, key = living_pki(), generate_key(KeyKind.P256)
    now = made.options.now
    leaf = leaf_for(key, name=name, made=made, start=now - _DAY, end=now + LEFT)
    put(folder / f"{name}.pem", text(leaf))
    put(folder / f"{name}.key", key_to_pem(key), 0o600)
