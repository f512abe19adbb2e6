"""What was written down of a session, packed."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.gateway import evidence
from actors.gateway.site_map import Module, SiteMap
from actors.v2g.link.evidence_files import Place

SESSION = "6f1c7b1e-0000-4000-8000-000000000001"
NAMED = "6f1c7b1e_0000_4000_8000_000000000001"
"""How the directories are called that links and EVSE managers make."""


def test_only_where_things_are_written_down_is_looked_at():
    def module(number, **parameters):
        return Module(id=f"m{number}", kind="k", evse=1, provides={}, connections={}, parameters=parameters)

    site = SiteMap(
        file="s",
        modules=(
            module(1, session_logging=True, session_logging_path="/a"),
            module(2, session_logging=False, session_logging_path="/b"),
            module(3, evidence_path="/c"),
            module(4, evidence_path=""),
            module(5, evidence_path="/a"),
            module(6, evidence_path="talks", logging_path="/d"),
        ),
    )
    assert evidence.roots_of(site) == (Path("/a"), Path("/c"), Path("/d/talks"))


def _written(root):
    for name, files in {
        f"session-evse_1-20261121-{NAMED}": {"eventlog.csv": "events"},
        f"v2g-v2g_1-20261121-{NAMED}": {"talk.jsonl": "lines", "keys.log": "secret"},
        f"other-{NAMED}": {"a": "a"},
        "session-evse_1-20261121-another": {"eventlog.csv": "others"},
    }.items():
        (root / name).mkdir()
        for file, text in files.items():
            (root / name / file).write_text(text)
    (root / f"v2g-link-{NAMED}").symlink_to(root / f"other-{NAMED}")
    (root / f"session-evse_1-20261121-{NAMED}" / "passwd").symlink_to("/etc/passwd")


def test_a_bundle_has_all_of_a_session_but_its_keys(tmp_path):
    _written(tmp_path)
    packed = zipfile.ZipFile(io.BytesIO(evidence.bundle((tmp_path, tmp_path / "nothing"), SESSION)))
    assert packed.namelist() == [
        f"session-evse_1-20261121-{NAMED}/eventlog.csv",
        f"v2g-v2g_1-20261121-{NAMED}/talk.jsonl",
    ]
    assert packed.read(f"v2g-v2g_1-20261121-{NAMED}/talk.jsonl") == b"lines"


@pytest.mark.parametrize("kind", ["v2g", "session"])
def test_a_directory_is_found_by_the_name_that_it_is_given(tmp_path, kind):
    place = Place(directory=tmp_path, module="v2g_1", suffix=SESSION, keep=1, kind=kind)
    made = tmp_path / place.name(datetime(2026, 11, 21, tzinfo=UTC))
    made.mkdir()
    assert evidence.directories_of((tmp_path,), SESSION) == [made]


def test_what_has_gone_meanwhile_is_named(tmp_path, monkeypatch):
    _written(tmp_path)
    gone = f"v2g-v2g_1-20261121-{NAMED}/talk.jsonl"

    def opened(path, mode):
        if path.name == "talk.jsonl":
            raise FileNotFoundError(path)
        return open(path, mode)  # not that of Path, which is this one

    monkeypatch.setattr(Path, "open", opened)
    packed = zipfile.ZipFile(io.BytesIO(evidence.bundle((tmp_path,), SESSION)))
    assert packed.read("left-out.txt").decode() == f"{gone}\n"


def test_what_does_not_fit_is_named(tmp_path, monkeypatch):
    _written(tmp_path)
    monkeypatch.setattr(evidence, "MAX_BYTES", 8)
    packed = zipfile.ZipFile(io.BytesIO(evidence.bundle((tmp_path,), SESSION)))
    assert packed.read("left-out.txt").decode() == f"v2g-v2g_1-20261121-{NAMED}/talk.jsonl\n"


def test_what_fits_to_the_last_byte_is_there(tmp_path, monkeypatch):
    _written(tmp_path)
    monkeypatch.setattr(evidence, "MAX_BYTES", len("events") + len("lines"))
    packed = zipfile.ZipFile(io.BytesIO(evidence.bundle((tmp_path,), SESSION)))
    assert evidence.LEFT_OUT not in packed.namelist()


@pytest.mark.parametrize(
    "session",
    [
        "",
        "*",
        "****",
        "?" * len(SESSION),
        "[6]f1c7b1e-0000-4000-8000-000000000001",
        "../..",
        f"{SESSION}/../v2g-v2g_1-20261121-{NAMED}",
        f"{SESSION}\n",
        "a" * 100,
        "6f1c7b1e-0000",
        "her",
    ],
)
def test_no_other_name_leads_anywhere(tmp_path, session):
    _written(tmp_path)
    (tmp_path / "session-evse_1-20261121-her").mkdir()
    assert evidence.bundle((tmp_path,), session) is None
