"""What cars and stations have said to each other, out of the evidence that EVSEs leave of their sessions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from actors.v2g.link import evidence_lines as lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.story import Said, Story

CAR: Final = lines.CAR
STATION: Final = lines.STATION


def keep_evidence(modules: dict[str, Any], directory: Path) -> None:
    """Have the EVSEs of a site file whose cars speak leave evidence of each session there."""
    for entry in modules.values():
        if entry["module"] == "EvseManager" and "hlc" in entry["connections"]:
            entry["config_module"] |= {"session_logging": True, "session_logging_path": str(directory)}


class Talk:
    """One talk: `messages` and `facts` in order, `name` of its directory, `evse`."""

    def __init__(self, directory: Path) -> None:
        self.name = directory.name
        text = (directory / lines.LINES).read_text(encoding="utf-8")
        found = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        self.messages = [one for one in found if one["kind"] == "message"]
        self.facts = {one["kind"]: one for one in found if one["kind"] != "message"}
        self.evse: int | None = self.facts["talk"]["evse"] if self.facts else None

    @property
    def over(self) -> bool:
        """Whether the talk has ended and all of it is here."""
        return "end" in self.facts

    @property
    def secured(self) -> bool:
        """Whether it was over TLS."""
        return bool(self.facts["talk"]["transport"] == "TLS")

    def said(self, name: str) -> list[dict[str, Any]]:
        """The contents of the messages of this name."""
        return [lines.parts(one["message"])[2] for one in self.messages if one["name"] == name]

    def codes(self) -> list[str]:
        """The response codes of the station that are no OK, in order."""
        codes = [str(one.get("code", "OK")) for one in self.messages]
        return [code for code in codes if not code.startswith("OK")]


def talks(directory: Path, evse: int) -> list[Talk]:
    """The talks of an EVSE that have ended, oldest first."""
    found = [Talk(each.parent) for each in directory.glob(f"v2g-*/{lines.LINES}") if each.stat().st_size]
    mine = [each for each in found if each.evse == evse and each.over]
    return sorted(mine, key=lambda each: str(each.facts["talk"]["time"]))


class Recording:
    """What is left of a story: `trace`, `talks` by EVSE, `story` for all else."""

    def __init__(self, story: Story, evidence: Path, evses: Iterable[int]) -> None:
        self.story = story
        self.trace = story.trace()
        self.talks = {evse: talks(evidence, evse) for evse in evses}

    def said(self, tag: str, **wanted: Any) -> list[Said]:
        """The messages of this tag, of which these fields are so."""
        found = (each for each in self.trace if each.tag == tag)
        return [each for each in found if all(getattr(each, name) == wanted[name] for name in wanted)]
