"""What was written down of a session, packed."""

import io
import zipfile
from pathlib import Path

from actors.gateway import evidence
from actors.gateway.site_map import Module, SiteMap

SESSION = "6f1c7b1e-0000-4000-8000-000000000001"


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
        ),
    )
    assert evidence.roots_of(site) == (Path("/a"), Path("/c"))


def _written(root):
    for name, files in {
        f"session-evse_1-20261121-{SESSION}": {"eventlog.csv": "events"},
        f"v2g-v2g_1-20261121-{SESSION}": {"talk.jsonl": "lines", "keys.log": "secret"},
        f"other-{SESSION}": {"a": "a"},
        "session-evse_1-20261121-another": {"eventlog.csv": "others"},
    }.items():
        (root / name).mkdir()
        for file, text in files.items():
            (root / name / file).write_text(text)
    (root / f"v2g-link-{SESSION}").symlink_to(root)
    (root / f"session-evse_1-20261121-{SESSION}" / "passwd").symlink_to("/etc/passwd")


def test_a_bundle_has_all_of_a_session_but_its_keys(tmp_path):
    _written(tmp_path)
    packed = zipfile.ZipFile(io.BytesIO(evidence.bundle((tmp_path, tmp_path / "nothing"), SESSION)))
    assert packed.namelist() == [
        f"session-evse_1-20261121-{SESSION}/eventlog.csv",
        f"v2g-v2g_1-20261121-{SESSION}/talk.jsonl",
    ]
    assert packed.read(f"v2g-v2g_1-20261121-{SESSION}/talk.jsonl") == b"lines"


def test_what_has_gone_meanwhile_is_named(tmp_path, monkeypatch):
    _written(tmp_path)
    gone = f"v2g-v2g_1-20261121-{SESSION}/talk.jsonl"

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
    assert packed.read("left-out.txt").decode() == f"v2g-v2g_1-20261121-{SESSION}/talk.jsonl\n"


def test_no_other_name_leads_anywhere(tmp_path):
    _written(tmp_path)
    for session in ("", "*", "../..", "a" * 100, "6f1c7b1e-0000"):
        assert evidence.bundle((tmp_path,), session) is None
