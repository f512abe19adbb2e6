"""The files of a store and what is known about them: one reader, one writer, one lock."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from certs.store import files
from certs.store.contents import Cached, Content, read_answer, read_content, read_list
from certs.store.errors import StoreError, StoreProblem
from certs.store.index import Index
from certs.store.scan import Scan, Stamp, glance, is_settled, look
from certs.store.settings import Layout, Settings, create, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_HASH_SUFFIX: Final = ".hash"
_ANSWER_SUFFIX: Final = ".der"


class Vault:
    """An open store. StoreError where its places cannot be used.

    What it knows of a file is never older than the file, however quickly it was changed: a file younger than
    a tick of the clock that stamps it is read again. (The clock of a file server may be wrong by no more.)
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.layout: Layout = resolve(settings)
        self.password = settings.private_key_password.encode() or None
        create(self.layout)
        self._contents: dict[Path, Content] = {}
        self._answers: dict[Path, tuple[Stamp, Stamp, Cached]] = {}
        self._glance: tuple[Stamp, ...] | None = None
        self._scan = Scan(files={}, outside=())
        self._again: frozenset[Path] = frozenset()
        """Files that have to be read again, whatever their stamps say."""
        self._journal = files.Journal(self.layout.state, self.layout.holds)
        self._changed = False
        self._moved = True
        self.generation = 0
        """Counts the states seen."""
        with files.locked(self.layout.state):
            self._journal.recover()
            answers = [folder for folder in self.layout.ocsp_folders() if self.layout.keeps(folder)]
            files.sweep((self.layout.state, *self.layout.folders(), *answers))
        self._index = self.refresh()

    @property
    def index(self) -> Index:
        """What is in the store, as of now, except for files in folders that somebody has written in place."""
        if glance(self.layout) != self._glance:
            return self.refresh()
        return self._index

    @property
    def scan(self) -> Scan:
        """Which files there were when the store was looked at last."""
        return self._scan

    def refresh(self) -> Index:
        """Look at every file, and read those that have changed or may have."""
        self._follow_links()
        now_ns = time.time_ns()
        before, scan = glance(self.layout), look(self.layout)
        if self._moved or scan != self._scan or self._again:
            contents = dict(self._read_contents(scan))
            answers = dict(self._read_answers(scan))
            if self._moved or scan != self._scan or self._differs(contents, answers):
                cached = tuple(found[2] for found in answers.values())
                self._index = Index(self.layout, contents, cached)
                self.generation += 1
            self._contents, self._answers, self._moved = contents, answers, False
        unread = {path for path, content in self._contents.items() if not content.digest}
        unsettled = {path for path, stamp in scan.files.items() if not is_settled(stamp, now_ns)}
        self._again = frozenset(unread | unsettled)
        settled = not unsettled and all(is_settled(stamp, now_ns) for stamp in before)
        self._scan, self._glance = scan, before if settled else None
        return self._index

    def _follow_links(self) -> None:
        """Links may lead elsewhere by now. Those that lead to nothing of use are not followed."""
        try:
            layout = resolve(self._settings)
            if layout != self.layout:
                create(layout)
        except StoreError:
            return
        if layout != self.layout:
            self.layout, self._moved = layout, True
            self._journal = files.Journal(layout.state, layout.holds)

    def _differs(
        self, contents: dict[Path, Content], answers: dict[Path, tuple[Stamp, Stamp, Cached]]
    ) -> bool:
        return answers != self._answers or any(
            content is not self._contents.get(path) for path, content in contents.items()
        )

    def _read_contents(self, scan: Scan) -> Iterator[tuple[Path, Content]]:
        answers, keys = self.layout.ocsp_folders(), self.layout.key_folders()
        for path, stamp in scan.files.items():
            if path.parent in answers:
                continue
            known = self._contents.get(path)
            if known is None or known.stamp != stamp or path in self._again:
                if path.parent == self.layout.lists:
                    known = read_list(path, stamp, known)
                else:
                    may_hold_key = path.parent in keys
                    known = read_content(path, stamp, self.password, may_hold_key=may_hold_key, known=known)
            yield path, known

    def _read_answers(self, scan: Scan) -> Iterator[tuple[Path, tuple[Stamp, Stamp, Cached]]]:
        for hash_file, stamp in scan.files.items():
            if not hash_file.name.endswith(_HASH_SUFFIX):
                continue
            answer = hash_file.with_suffix(_ANSWER_SUFFIX)
            if answer not in scan.files:
                continue
            stamps = (stamp, scan.files[answer])
            found = self._answers.get(hash_file)
            if found is None or found[:2] != stamps or not self._again.isdisjoint((hash_file, answer)):
                cached = read_answer(hash_file, answer)
                if cached is None:
                    continue
                found = (*stamps, cached)
            yield hash_file, found

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
        """Do all steps or none. OSError; StoreError for a folder that is a link to elsewhere.

        Only while `writing`.
        """
        if not steps:
            return
        for folder in dict.fromkeys(step.path.parent for step in steps):
            if not self.layout.keeps(folder):
                raise StoreError(StoreProblem.BAD_PATH, f"{folder} leads out of the store")
        self._changed = True
        first, *others = steps
        if not others and isinstance(first, files.Write):
            files.replace(first)
        else:
            self._journal.commit(steps)
