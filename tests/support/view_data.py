"""A site as the Gateway tells of it, for tests of what is drawn: one AC EVSE by card, one DC by contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from actors.view.scene import Scene
from actors.view.steps import TITLES

NOW = datetime(2026, 11, 21, 18, 4, 30, tzinfo=UTC)
NOW_S = 100.0


def at(seconds: float) -> str:
    """So long ago."""
    return (NOW - timedelta(seconds=seconds)).isoformat()


def node(name: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An actor of the tree."""
    plain: dict[str, Any] = {"state": "Running", "restarts": 0, "pid": 7, "last_error": None}
    return {"name": name, "children": list(children), **plain, **more}


def tree(session: dict[str, Any] | None = None) -> dict[str, Any]:
    """A small tree; `session` is what is different about one actor of EVSE 2."""
    return node(
        "site",
        node("registry"),
        node("auth", node("auth")),
        node("evse_1", node("evse_1"), node("car_1")),
        node("evse_2", node("evse_2"), node("v2g_2.session", **(session or {}))),
    )


def steps(*ago: float | None) -> list[dict[str, Any]]:
    """The seven steps, each done so long ago or not."""
    return [
        {"step": number, "title": title, "at": None if one is None else at(one), "detail": ""}
        for number, (title, one) in enumerate(zip(TITLES, ago, strict=True))
    ]


def by_card() -> dict[str, Any]:
    """An AC EVSE that charges by card."""
    session = {
        "session": "a", "began": at(33), "ended": None, "energy_wh": 92.0, "protocol": "IEC 61851-1",
        "tls": None,
        "token": {"type": "RFID", "shown": "CA***1"}, "authorization": "RFID",
        "steps": steps(None, None, None, 32.6, 32.5, 32.4, None),
        "power": [[second, min(11_040, second * 2000)] for second in range(34)],
    }  # fmt: skip
    return {
        "evse": 1, "id": "DE*PNX*E00001*1", "mode": "AC", "connectors": [{"connector": 1, "type": "cType2"}],
        "state": "Charging", "available": True, "power_w": 11_040.0, "energy_wh": 92.0, "soc_percent": None,
        "offered_w": 22_080.0, "errors": [], "session": session,
    }  # fmt: skip


def by_contract() -> dict[str, Any]:
    """A DC EVSE that charges by contract."""
    session = {
        "session": "b", "began": at(38), "ended": None, "energy_wh": 431.0, "protocol": "ISO 15118-2",
        "tls": True,
        "token": {"type": "eMAID", "shown": "DE8E***01X"}, "authorization": "PlugAndCharge",
        "steps": steps(80, 37.02, 36.8, 36.7, 36.69, 36.52, 36.5),
        "power": [[second, min(49_800, second * 8000)] for second in range(39)],
    }  # fmt: skip
    return {
        "evse": 2, "id": "DE*PNX*E00002*1", "mode": "DC", "connectors": [{"connector": 1, "type": "cCCS2"}],
        "state": "Charging", "available": True, "power_w": 49_800.0, "energy_wh": 431.0, "soc_percent": 41.6,
        "offered_w": 150_000.0, "errors": [], "session": session,
    }  # fmt: skip


def site(*evses: dict[str, Any]) -> dict[str, Any]:
    """A whole site."""
    csms = {"connected": True, "version": "ocpp2.1", "boot": "Accepted", "url": "ws://127.0.0.1:9000"}
    return {"file": "demo.yaml", "ready": True, "since": at(83), "csms": csms, "evses": list(evses)}


def message(name: str, source: str = "ocpp", evse: int | None = 2, **more: Any) -> dict[str, Any]:
    """A message of the timeline."""
    plain = {"at": at(5), "direction": "sent", "kind": "request", "body": None}
    return {"source": source, "name": name, "evse": evse, **plain, **more}


def scene(*evses: dict[str, Any], messages: tuple[dict[str, Any], ...] = ()) -> Scene:
    """What a screen knows."""
    found = Scene()
    begun = {"site": site(*(evses or (by_card(), by_contract()))), "tree": tree(), "messages": list(messages)}
    found.begin(begun, NOW_S)
    return found


def drawn(what: Any, width: int = 100, height: int = 30) -> list[str]:
    """The lines that a terminal of this size shows."""
    console = Console(width=width, height=height, color_system=None, legacy_windows=False, _environ={})
    with console.capture() as shown:
        console.print(what)
    return [line.rstrip() for line in shown.get().splitlines()]
