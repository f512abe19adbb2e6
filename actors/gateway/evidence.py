"""What was written down of a session, as one file: the log of the session and the captures of its talks.

Source of the directories: docs/evidence.md. TLS secrets are not among it: keys are never sent.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.v2g.link.evidence_files import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.gateway.site_map import SiteMap

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of what is read; what comes beyond is left out, and a file in the bundle says so."""
SECRETS: Final = frozenset({"keys.log"})
KINDS: Final = ("session-", "v2g-")
LEFT_OUT: Final = "left-out.txt"
_SESSION: Final = re.compile(r"[A-Za-z0-9_-]{4,64}")


def roots_of(site: SiteMap) -> tuple[Path, ...]:
    """Where the site writes such things down; relative evidence begins at `logging_path`, as of links."""
    found = [
        Path(str(each.parameters.get("logging_path", ".")) if path == "evidence_path" else ".")
        / str(each.parameters[path])
        for each in site.modules
        for switch, path in (("session_logging", "session_logging_path"), ("evidence_path", "evidence_path"))
        if each.parameters.get(switch) and each.parameters.get(path)
    ]
    return tuple(dict.fromkeys(found))


def directories_of(roots: Sequence[Path], session: str) -> list[Path]:
    """What there is of a session, the oldest first."""
    if not _SESSION.fullmatch(session):
        return []
    found = {
        each
        for root in roots
        if root.is_dir()
        for each in root.glob(f"*-{word(session)}")
        if each.name.startswith(KINDS) and each.is_dir() and not each.is_symlink()
    }
    return sorted(found, key=lambda each: each.name)


def bundle(roots: Sequence[Path], session: str) -> bytes | None:
    """A zip file of it; None: there is nothing. It reads files: for a thread that may wait."""
    directories = directories_of(roots, session)
    if not directories:
        return None
    packed, left, missing = io.BytesIO(), MAX_BYTES, []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in (each for one in directories for each in sorted(one.iterdir())):
            name = f"{path.parent.name}/{path.name}"
            if path.is_symlink() or not path.is_file() or path.name in SECRETS:
                continue
            data = _content(path, left)
            if data is None:
                missing.append(name)
                continue
            left -= len(data)
            file.writestr(name, data)
        if missing:
            file.writestr(LEFT_OUT, "".join(f"{name}\n" for name in missing))
    return packed.getvalue()


def _content(path: Path, most: int) -> bytes | None:
    """Of a file; None: it is too long, or has gone meanwhile, as the oldest evidence does."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError:
        return None
    return data if len(data) <= most else None
