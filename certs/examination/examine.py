"""Examines a store part by part. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from certs.examination import answers, leaves, places, roots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from certs.examination.finding import Finding
    from certs.examination.inspection import Inspection

WITHIN: Final = timedelta(days=30)
"""A leaf is renewed when less than this remains (M11.2)."""

PARTS: Final[tuple[Callable[[Inspection, datetime, timedelta], Iterator[Finding]], ...]] = (
    places.examine,
    roots.examine,
    leaves.examine,
    answers.examine,
)
"""In this order what is mended first comes first: a leaf cannot be installed below a root that is missing."""


def examine(inspection: Inspection, now: datetime, within: timedelta = WITHIN) -> tuple[Finding, ...]:
    """Everything that is wrong with a store now, or will be within a time; nothing for a good one."""
    return tuple(dict.fromkeys(one for part in PARTS for one in part(inspection, now, within)))
