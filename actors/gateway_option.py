"""`--gateway [HOST:]PORT`: a site file with a Gateway at that place, whether it had one or not. Pure."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Final

from actors.config import check_site
from actors.config.document import plain

if TYPE_CHECKING:
    from actors.config import Checked, SiteFile

MODULE: Final = "Gateway"
LOOPBACK: Final = "127.0.0.1"
MAX_PORT: Final = 65_535


class PlaceError(ValueError):
    """A text that names no place to listen at."""


def place_of(text: str) -> tuple[str, int]:
    """Host and port; without a host it is loopback. 0 is any free port."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (port.isascii() and port.isdecimal() and int(port) <= MAX_PORT) or (":" in text and not host):
        raise PlaceError(f"{text!r} is no place to listen at: PORT, HOST:PORT or [IPV6]:PORT")
    return host or LOOPBACK, int(port)


def gateway_of(site: SiteFile) -> str | None:
    """The module that is the site's Gateway; None: it has none."""
    return next((entry.id for entry in site.modules.values() if entry.manifest.name == MODULE), None)


def with_gateway(site: SiteFile, host: str, port: int) -> Checked:
    """The site with its Gateway there, or with one added; checked anew: not every place is allowed."""
    document: dict[str, Any] = plain(site.source.root)
    modules: dict[str, Any] = document["active_modules"]
    found = gateway_of(site)
    if found is None:
        names = itertools.chain(["gateway"], (f"gateway_{number}" for number in itertools.count(2)))
        found = next(name for name in names if name not in modules)
        modules[found] = {"module": MODULE}
    entry = modules[found]
    entry["config_module"] = {**(entry.get("config_module") or {}), "host": host, "port": port}
    return check_site(json.dumps(document).encode(), site.file)
