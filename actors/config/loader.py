"""From the bytes of a site file to a checked `SiteFile`, or to everything that is wrong with it."""

from __future__ import annotations

import dataclasses
import os
import stat
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.config.document import Source
from actors.config.entries import read_entry
from actors.config.model import ModuleEntry, SiteFile
from actors.config.problems import Problem, Severity, SiteFileError
from actors.config.reader import MAX_BYTES, read_document
from actors.config.report import Report
from actors.config.rules import RULES
from actors.config.rules.site import Site
from actors.config.shape import read_site
from actors.config.wiring import check_wiring, users_of

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

    from actors.config.document import Node

    Amend = Callable[[Node], Node]


STANDARD_INPUT: Final = frozenset({"-", "/dev/stdin"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Outcome of a check: the site unless there is an error, and every problem in the file's order."""

    file: str
    site: SiteFile | None
    problems: tuple[Problem, ...]


def load_site(path: str | pathlib.Path, amend: Amend | None = None) -> SiteFile:
    """Read and check a site file, as `amend` leaves it.

    Raises SiteFileError with everything that is wrong, also when the file cannot be opened. Warnings do not
    keep a site from loading; they are in `warnings`.
    """
    checked = check_file(path, amend)
    if checked.site is None:
        raise SiteFileError(checked.problems)
    return checked.site


def check_file(path: str | pathlib.Path, amend: Amend | None = None) -> Checked:
    """Read and check a site file, `-` being standard input; one that cannot be read is a problem too."""
    file = str(path)
    try:
        data = _read(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problem = Problem(file=file, line=0, column=0, path="", text=f"cannot be read: {reason}")
        return Checked(file=file, site=None, problems=(problem,))
    return check_site(data, file, amend)


def _read(file: str) -> bytes:
    """As much of a file as is looked at. Raises OSError, ValueError.

    A pipe or a device would keep us waiting, or never end; only standard input is meant to be one.
    """
    if file in STANDARD_INPUT:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    # an opener: of a directory `os.fdopen` says so and leaves it open
    with open(file, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError("it is no regular file; - is standard input")
        return stream.read(MAX_BYTES + 1)


def check_site(data: bytes, file: str, amend: Amend | None = None) -> Checked:
    """Check the bytes of a site file. Never raises, whatever they are; `file` is for the messages only.

    `amend` may change what was read before it is checked; what it adds stands where it says.
    """
    root, problems = read_document(data, file)
    if root is None:
        return Checked(file=file, site=None, problems=problems)
    root = root if amend is None else amend(root)
    report = Report(Source(file, root))
    report.problems.extend(problems)
    site = _check_tree(root, report)
    found = tuple(sorted(report.problems, key=lambda problem: (problem.line, problem.column)))
    if any(problem.severity is Severity.ERROR for problem in found):
        return Checked(file=file, site=None, problems=found)
    return Checked(file=file, site=dataclasses.replace(site, warnings=found), problems=found)


def _check_tree(root: Node, report: Report) -> SiteFile:
    raw = read_site(root, report)
    modules: dict[str, ModuleEntry] = {}
    broken = set(raw.broken)
    for module_id, one in raw.modules.items():
        entry = read_entry(one, report)
        if entry is None:
            broken.add(module_id)
        else:
            modules[module_id] = entry
    check_wiring(modules, broken, report)
    unclear = frozenset(one.id for one in raw.modules.values() if not one.mapping_readable)
    site = Site(modules=MappingProxyType(modules), users=users_of(modules), unclear=unclear)
    for rule in RULES:
        rule(site, report)
    return SiteFile(
        file=report.source.file,
        modules=site.modules,
        settings=raw.settings,
        evses=MappingProxyType({number: entry.id for number, entry in sorted(site.evses().items())}),
        users=site.users,
        warnings=(),
        source=report.source,
    )
