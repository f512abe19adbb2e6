"""Requests to an ASGI application without a server between."""

from __future__ import annotations

import json
from typing import Any


async def request(
    app: Any, method: str, target: str, body: Any = b"", *, pieces: int = 1, **headers: str
) -> tuple[int, Any]:
    """Status and body, decoded. `body`: bytes, or what is to be JSON; sent in so many pieces."""
    path, _, query = target.partition("?")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    size = max(-(-len(data) // pieces), 1)
    parts = [data[start : start + size] for start in range(0, len(data), size)] or [b""]
    told: list[Any] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in {"host": "127.0.0.1:9001", **headers}.items()
        ],
        "server": ("127.0.0.1", 9001),
        "client": ("127.0.0.1", 50000),
    }

    async def receive() -> dict[str, Any]:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    await app(scope, receive, send)
    text = b"".join(message.get("body", b"") for message in told)
    try:
        return told[0]["status"], json.loads(text)
    except ValueError:
        return told[0]["status"], text.decode()
