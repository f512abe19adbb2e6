"""Supervisor of the certificate manager and its workers, and how a site gets them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from actors.certificates import messages
from actors.certificates.certificate_manager_actor import CertificateManagerActor
from actors.certificates.store_worker_actor import StoreWorkerActor
from actors.engine.base import handles
from actors.engine.branch import Branch, branch_config
from actors.engine.supervision import ChildSpec, Exhausted

WORKERS: Final = 3
"""One for what writes, and two so that a slow verification holds nobody up."""
MANAGER: Final = "manager"
WORKER_DEADLINE_S: Final = 5.0
"""A worker is silent while it works; one that is silent for so long, and had a core, hangs. The worst
inputs that are known, `CASES` in the tests of bad input, keep a worker for a tenth of a second."""


class CertificatesSupervisor(Branch):
    """Child of the site. Its successor starts manager and workers anew; the store is on the disk."""

    @handles(messages.ReplaceWorker)
    def handle_replace_worker(self, wish: messages.ReplaceWorker) -> None:
        """The manager has waited long enough for a worker."""
        self.restart_child(wish.worker)


def branch(main: ChildSpec) -> ChildSpec:
    """What stands in the tree for a module EvseSecurity: the supervisor, with the manager below it.

    `main` is the specification of the manager by itself. Workers are not restarted without end: one that
    keeps dying is left alone for five seconds, and the other ones work on.
    """
    names = {f"worker_{number}": f"{main.id}/worker_{number}" for number in range(1, WORKERS + 1)}
    workers = [
        ChildSpec(
            id=worker,
            actor=_path(StoreWorkerActor),
            grants={name: ""},
            config=main.config,
            intensity=20,
            exhausted=Exhausted.GIVE_UP,
            retry_s=5.0,
            deadline_s=WORKER_DEADLINE_S,
            shutdown_s=0.5,
        )
        for worker, name in names.items()
    ]
    manager = replace(
        main,
        id=MANAGER,
        actor=_path(CertificateManagerActor),
        config=main.config | {"workers": list(names.values())},
        stage=1,
    )
    return ChildSpec(
        id=main.id,
        actor=_path(CertificatesSupervisor),
        config=branch_config([*workers, manager]),
        evse=main.evse,
        stage=main.stage,
        exhausted=Exhausted.GIVE_UP,
        retry_s=10.0,
        shutdown_s=3.0,
    )


def _path(actor: type) -> str:
    return f"{actor.__module__}.{actor.__qualname__}"
