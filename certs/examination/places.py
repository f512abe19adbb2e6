"""Folders and files: what cannot be read, is damaged, leads out, lies there twice or is of no use. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from certs.errors import Problem
from certs.examination.finding import Ailment, Finding, Level
from certs.store.renewal import CHAIN_PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from certs.examination.inspection import Inspection
    from certs.store.contents import Content

YOUNG: Final = timedelta(minutes=60)
"""A key of this age may belong to a request that is under way (M8.10)."""
_CHAINS: Final = tuple(CHAIN_PREFIXES.values())
_OTHERS: Final = 0o077
_LOCKED: Final = (str(Problem.PASSWORD_MISSING), str(Problem.PASSWORD_WRONG))


def examine(inspection: Inspection, now: datetime, _within: timedelta) -> Iterator[Finding]:
    """The findings about folders and files."""
    yield from _folders(inspection)
    for path in inspection.scan.outside:
        yield _finding(Level.ERROR, Ailment.OUTSIDE, path, "it is passed over")
    for content in inspection.contents.values():
        yield from _content(content)
    yield from _disorder(inspection)
    yield from _keys(inspection, now)
    for path in inspection.repeated:
        yield _finding(Level.NOTE, Ailment.REPEATED, path, "one of each is enough")
    yield from _copies(inspection)


def _finding(level: Level, ailment: Ailment, path: Path, text: str, *others: Path) -> Finding:
    return Finding(level=level, ailment=ailment, path=path, text=text, others=others)


def _folders(inspection: Inspection) -> Iterator[Finding]:
    for path in inspection.unlistable:
        yield _finding(Level.ERROR, Ailment.UNLISTABLE, path, "what is in it is not known")
    for path in inspection.unwritable:
        yield _finding(Level.ERROR, Ailment.UNWRITABLE, path, "the station has to write into it (M8.3)")
    if inspection.unfinished is not None:
        text = "whoever opens the store next completes it"
        yield _finding(Level.NOTE, Ailment.UNFINISHED, inspection.unfinished, text)


def _content(content: Content) -> Iterator[Finding]:
    if content.stamp[4] & _OTHERS and (content.public_key or content.encrypted):
        mode = f"its mode is {content.stamp[4] & 0o777:04o}"
        yield _finding(Level.ERROR, Ailment.OPEN_KEY, content.path, mode)
    if not content.trouble or (content.public_key and not content.certificates):
        return
    if not content.digest:
        yield _finding(Level.ERROR, Ailment.CLOSED, content.path, content.trouble)
    elif content.encrypted and content.trouble.startswith(_LOCKED):
        yield _finding(Level.ERROR, Ailment.PASSWORD, content.path, content.trouble)
    elif content.certificates and _is_damaged(content):
        yield _finding(Level.ERROR, Ailment.DAMAGED, content.path, content.trouble)
    elif not content.certificates:
        yield _finding(Level.ERROR, Ailment.GARBAGE, content.path, content.trouble)


def _is_damaged(content: Content) -> bool:
    """Other certificates than a good one with a key that is open to others."""
    return "others may read" not in content.trouble


def _disorder(inspection: Inspection) -> Iterator[Finding]:
    for domain, place in inspection.layout.leaves.items():
        for content in inspection.contents.values():
            later = content.certificates[1:]
            if content.path.parent == place.certificates and any(not one.ca for one in later):
                yield Finding(
                    level=Level.ERROR,
                    ailment=Ailment.DISORDER,
                    path=content.path,
                    text="it is not used",
                    domain=domain,
                )


def _keys(inspection: Inspection, now: datetime) -> Iterator[Finding]:
    used = {
        facts.spki
        for content in inspection.contents.values()
        for facts in content.certificates
        if not facts.ca
    }
    beside = {content.path.stem for content in inspection.contents.values() if content.certificates}
    for content in inspection.contents.values():
        public, made_ns = content.public_key, content.stamp[2]
        if public is None or public in used or content.path.stem in beside:  # told with the leaf beside it
            continue
        age = now - datetime.fromtimestamp(made_ns / 1e9, UTC)
        if not timedelta() <= age <= YOUNG:
            text = f"written {age.days} days ago" if age > timedelta(days=1) else "its request is over"
            yield _finding(Level.WARNING, Ailment.STRAY_KEY, content.path, text)


def _copies(inspection: Inspection) -> Iterator[Finding]:
    """A key beside its leaf is the one that stays. Neither links nor what they lead to are copies, nor is the
    chain of a leaf that a root has signed itself: a leaf has two files, alone and with its chain (M8.8).
    """
    homes = {
        (content.path.with_suffix(""), content.certificates[0].spki)
        for content in inspection.contents.values()
        if content.certificates
    }
    linked = {inspection.contents[path].stamp[0] for path in inspection.links}

    def rank(content: Content) -> tuple[bool, Path]:
        return (content.path.with_suffix(""), content.public_key) not in homes, content.path

    seen: dict[tuple[Path, bool, tuple[object, ...]], Path] = {}
    for content in sorted(inspection.contents.values(), key=rank):
        said: tuple[object, ...] = (content.public_key, *(one.certificate for one in content.certificates))
        if content.trouble or said == (None,):
            continue
        is_chain = content.path.name.startswith(_CHAINS)
        first = seen.setdefault((content.path.parent, is_chain, said), content.path)
        if first != content.path and content.stamp[0] not in linked:
            yield _finding(Level.NOTE, Ailment.COPY, content.path, f"that is {first.name}", first)
