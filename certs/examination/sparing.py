"""Which files of a leaf that is to go another leaf needs, and which key only has the wrong name. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from certs.examination.finding import Finding
    from certs.examination.inspection import Inspection
    from certs.profiles import Domain
    from certs.store.leaves import Leaf


def spare(inspection: Inspection, finding: Finding) -> Finding:
    """The finding with `kept` and `moves`: so that no leaf loses its key to what mends another one."""
    others = tuple(_others(inspection, finding))
    by_key = {leaf.facts.spki: (domain, leaf) for domain, leaf in reversed(others)}
    in_use = {path for _, leaf in others for path in leaf.files}
    kept: list[Path] = []
    moves: list[tuple[Path, Path]] = []
    for path in (finding.path, *finding.others):
        content = inspection.contents.get(path)
        public_key = content.public_key if content is not None else None
        owner = by_key.get(public_key) if public_key is not None else None
        if owner is not None or path in in_use:
            kept.append(path)
        if owner is not None and content is not None and not content.certificates:
            moves += _move(inspection, path, *owner)
    return replace(finding, kept=tuple(kept), moves=tuple(moves))


def _others(inspection: Inspection, finding: Finding) -> Iterator[tuple[Domain, Leaf]]:
    """Every leaf but the one the finding is about; in another domain that one counts as well."""
    about = finding.leaf.certificate if finding.leaf is not None else None
    for domain, leaves in inspection.index.leaves.items():
        for leaf in leaves:
            if domain is not finding.domain or leaf.certificate != about:
                yield domain, leaf


def _move(inspection: Inspection, path: Path, domain: Domain, leaf: Leaf) -> Iterator[tuple[Path, Path]]:
    """To its leaf, unless that has a key of its own elsewhere, or one more leaf bears the key's name."""
    target = inspection.layout.leaves[domain].keys / f"{leaf.files[0].stem}.key"
    if path.stem not in {file.stem for file in leaf.files} and target not in inspection.scan.files:
        yield path, target
