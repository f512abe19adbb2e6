"""The files of a store and what is known about them: one reader, one writer, one lock."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certs.errors import CertificateError
from certs.ocsp import MAX_RESPONSE_BYTES
from certs.ocsp_cache import MAX_HASH_FILE_BYTES, CacheEntry, cache_entry, read_hash_file
from certs.store import files
from certs.store.contents import Content, read_content
from certs.store.index import Cached, Index
from certs.store.scan import Scan, Stamp, glance, look
from certs.store.settings import Layout, Settings, create, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HASH_SUFFIX: Final = ".hash"
_ANSWER_SUFFIX: Final = ".der"


class Vault:
    """An open store. StoreError where its places cannot be used."""

    def __init__(self, settings: Settings) -> None:
        self.layout: Layout = resolve(settings)
        self.password = settings.private_key_password.encode() or None
        create(self.layout)
        self._contents: dict[Path, Content] = {}
        self._answers: dict[Path, tuple[Stamp, Stamp, Cached]] = {}
        self._glance: tuple[tuple[int, int, int], ...] | None = None
        self._scan = Scan(files={}, outside=())
        self._journal = files.Journal(self.layout.state, self.layout.holds)
        self._ocsp_folders = {bundle.ocsp for bundle in self.layout.bundles.values()}
        self._ocsp_folders |= {place.ocsp for place in self.layout.leaves.values()}
        self._key_folders = {place.keys for place in self.layout.leaves.values()}
        self._key_folders |= {place.certificates for place in self.layout.leaves.values()}
        self._changed = False
        self.generation = 0
        """Counts the states seen."""
        with files.locked(self.layout.state):
            self._journal.recover()
            files.sweep((self.layout.state, *self.layout.folders(), *self._ocsp_folders))
        self._index = self.refresh()

    @property
    def index(self) -> Index:
        """What is in the store, as of now, except for files that somebody has written in place."""
        if glance(self.layout) != self._glance:
            return self.refresh()
        return self._index

    @property
    def scan(self) -> Scan:
        """Which files there were when the store was looked at last."""
        return self._scan

    def refresh(self) -> Index:
        """Look at every file, and read those that have changed."""
        before = glance(self.layout)
        scan = look(self.layout)
        if self.generation == 0 or scan != self._scan:
            self._contents = {path: self._content(path, stamp) for path, stamp in self._to_read(scan)}
            self._index = Index(self.layout, self._contents, tuple(self._read_answers(scan)))
            self.generation += 1
        self._scan, self._glance = scan, before
        return self._index

    def _to_read(self, scan: Scan) -> Iterator[tuple[Path, Stamp]]:
        yield from (pair for pair in scan.files.items() if pair[0].parent not in self._ocsp_folders)

    def _content(self, path: Path, stamp: Stamp) -> Content:
        known = self._contents.get(path)
        if known is not None and known.stamp == stamp:
            return known
        may_hold_key = path.parent in self._key_folders
        return read_content(path, stamp, self.password, may_hold_key=may_hold_key)

    def _read_answers(self, scan: Scan) -> Iterator[Cached]:
        known, self._answers = self._answers, {}
        for hash_file, stamp in scan.files.items():
            if not hash_file.name.endswith(_HASH_SUFFIX):
                continue
            answer = hash_file.with_suffix(_ANSWER_SUFFIX)
            if answer not in scan.files:
                continue
            stamps = (stamp, scan.files[answer])
            found = known.get(hash_file)
            if found is None or found[:2] != stamps:
                cached = _read_answer(hash_file, answer)
                if cached is None:
                    continue
                found = (*stamps, cached)
            self._answers[hash_file] = found
            yield found[2]

    @contextmanager
    def writing(self) -> Iterator[Index]:
        """Hold the lock, with the newest state at hand; look again after a change. StoreError or OSError."""
        self._changed = False
        try:
            with files.locked(self.layout.state):
                self._journal.recover()
                yield self.refresh()
        finally:
            if self._changed:
                self.refresh()

    def commit(self, steps: Sequence[files.Step]) -> None:
        """Do all steps or none. OSError. Only while `writing`."""
        if not steps:
            return
        self._changed = True
        first, *others = steps
        if not others and isinstance(first, files.Write):
            files.replace(first)
        else:
            self._journal.commit(steps)


def _read_answer(hash_file: Path, answer: Path) -> Cached | None:
    """None if it cannot be told whose answer it is."""
    try:
        whose = read_hash_file(files.read(Path(os.path.realpath(hash_file)), MAX_HASH_FILE_BYTES))
    except (OSError, CertificateError):
        return None
    entry: CacheEntry | None
    try:
        entry = cache_entry(whose, files.read(Path(os.path.realpath(answer)), MAX_RESPONSE_BYTES))
    except (OSError, CertificateError):
        entry = None
    return Cached(whose, answer, hash_file, entry)
