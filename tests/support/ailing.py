"""Stores for the doctor: provisioned, broken by hand, examined."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from certs.examination import examine, inspect
from certs.hashes import hash_data
from certs.ocsp_cache import write_hash_file
from certs.pki import Period, ocsp_response
from certs.store import Settings
from tests.support.stores import NOW, provision, put, world

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from certs.examination import Finding

CSO = "client/cso"


def healthy(root: Path) -> Path:
    """A store of the small world with a fresh answer about each certificate of its SECC chain."""
    provision(root)
    one = world()["SECC_LEAF"]
    while one.issuer is not None:
        whose = hash_data(one.certificate, one.issuer.certificate)
        answer = ocsp_response(one.certificate, one.issuer, period=Period.around(NOW))
        put(root / f"{CSO}/ocsp/{one.name}.der", answer)
        put(root / f"{CSO}/ocsp/{one.name}.hash", write_hash_file(whose))
        one = one.issuer
    return root


def findings(root: Path, *, now: datetime = NOW, within: float = 30, **keys: Any) -> list[Finding]:
    """What the doctor finds."""
    return list(examine(inspect(Settings(root=root, **keys)), now, timedelta(days=within)))


def ailments(root: Path, **how: Any) -> list[tuple[str, str]]:
    """Level and name of each."""
    return [(one.level.value, one.ailment.name) for one in findings(root, **how)]
