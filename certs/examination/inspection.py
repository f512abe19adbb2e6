"""Reads a store as it is: nothing is made, completed, swept or taken from anybody."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certs.pem import MAX_BYTES
from certs.store import files
from certs.store.contents import Cached, Content, read_answer, read_content, read_list
from certs.store.index import Index
from certs.store.scan import Scan, look
from certs.store.settings import Layout, Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is in a store, and how it lies there."""

    layout: Layout
    scan: Scan
    contents: Mapping[Path, Content]
    index: Index
    links: frozenset[Path]
    """Files that are links to others of the store."""
    repeated: tuple[Path, ...]
    """Files that hold a certificate more than once."""
    alone: tuple[Path, ...]
    """OCSP responses without a hash file that can be read, and hash files without a response."""
    unlistable: tuple[Path, ...]
    unwritable: tuple[Path, ...]
    unfinished: Path | None
    """The journal of a change that was cut short."""


def inspect(settings: Settings) -> Inspection:
    """Look at the store in these places. StoreError where they cannot be a store; OSError never."""
    layout = resolve(settings)
    scan = look(layout)
    password = settings.private_key_password.encode() or None
    contents = dict(_contents(layout, scan, password))
    answers = {one.hash_file: one for one in _answers(layout, scan)}
    folders = [path for path in (*layout.folders(), *layout.ocsp_folders()) if os.path.exists(path)]  # noqa: PTH110  # Path.exists raises where it may not look
    journal = layout.state / files.JOURNAL
    return Inspection(
        layout=layout,
        scan=scan,
        contents=contents,
        index=Index(layout, contents, answers.values()),
        links=frozenset(path for path in contents if os.path.islink(path)),  # noqa: PTH114  # a fifth of the time of Path.is_symlink
        repeated=tuple(path for path, content in contents.items() if _repeats(content)),
        alone=tuple(_alone(layout, scan, answers)),
        unlistable=tuple(
            path for path in folders if not os.access(path, os.R_OK | os.X_OK, effective_ids=True)
        ),
        unwritable=tuple(path for path in folders if not os.access(path, os.W_OK, effective_ids=True)),
        unfinished=journal if os.path.exists(journal) else None,  # noqa: PTH110  # as above
    )


def _contents(layout: Layout, scan: Scan, password: bytes | None) -> Iterator[tuple[Path, Content]]:
    answers, keys = layout.ocsp_folders(), layout.key_folders()
    for path, stamp in sorted(scan.files.items()):
        if path.parent == layout.lists:
            yield path, read_list(path, stamp)
        elif path.parent not in answers:
            may_hold_key = path.parent in keys
            yield path, read_content(path, stamp, password, may_hold_key=may_hold_key, secures_keys=False)


def _answers(layout: Layout, scan: Scan) -> Iterator[Cached]:
    for path in scan.files:
        answer = path.with_suffix(".der")
        if path.parent in layout.ocsp_folders() and path.suffix == ".hash" and answer in scan.files:
            found = read_answer(path, answer)
            if found is not None:
                yield found


def _alone(layout: Layout, scan: Scan, known: Mapping[Path, Cached]) -> Iterator[Path]:
    for path in sorted(scan.files):
        if path.parent in layout.ocsp_folders():
            whole = path.with_suffix(".hash") in known
            unread = path.suffix == ".hash" and path.with_suffix(".der") in scan.files
            if not whole and not unread:  # of a pair the response is named
                yield path


def _repeats(content: Content) -> bool:
    if content.trouble or not content.certificates:
        return False
    try:
        data = files.read(content.path.resolve(), MAX_BYTES)
    except OSError:
        return False
    return data.count(_BEGIN) > len(content.certificates)
