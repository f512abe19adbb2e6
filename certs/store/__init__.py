"""The certificate store on EVerest's directory layout: the files, and the answers of `evse_security`.

`Store(Settings(root=...))` opens it; every command of the interface is one method of the same name, with
`now` beside its arguments. `Store.changes()` says what to publish, `Store.collect_garbage()` keeps it small.
"""

from certs.store.answers import OcspUpdate
from certs.store.changes import Changes
from certs.store.errors import StoreError, StoreProblem
from certs.store.settings import Layout, Settings
from certs.store.store import Store
from certs.store.upkeep import CLEAN_UP_INTERVAL, Limits

__all__ = [
    "CLEAN_UP_INTERVAL",
    "Changes",
    "Layout",
    "Limits",
    "OcspUpdate",
    "Settings",
    "Store",
    "StoreError",
    "StoreProblem",
]
