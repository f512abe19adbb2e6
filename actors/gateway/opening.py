"""What a Gateway opens with, out of its entry of the site file: an address, who is let in, and the door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from actors.gateway import access, evidence
from actors.gateway.access import AccessError
from actors.gateway.budget import Limits
from actors.gateway.door import Door
from actors.gateway.guard import Guard
from actors.gateway.listener import bound
from actors.gateway.site_map import SiteMap, of_plain
from actors.gateway.whereabouts import said_where

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

SPARE: Final = 16
"""Connections that are taken in besides those of the hub: plain HTTP, and who has not said anything yet."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A Gateway that listens and does not serve yet."""

    site: SiteMap
    guard: Guard
    limits: Limits
    door: Door
    listening: socket.socket
    url: str


def opening(config: Mapping[str, Any]) -> Opening:
    """Listen as the entry says. Raises AccessError for what cannot be."""
    site, parameters, state = of_plain(config["site"]), config["parameters"], state_of(config)
    certificate, private_key = parameters["certificate"], parameters["private_key"]
    tls = access.tls_of(state / certificate, state / private_key) if certificate and private_key else None
    token_file = parameters["token_file"]
    guard = Guard(access.tokens_of(state / token_file) if token_file else {}, secure=tls is not None)
    limits = Limits(connections=parameters["max_connections"], rate_per_s=parameters["max_rate"])
    listening = _listen(parameters["host"], parameters["port"], said_where(state))
    url = access.url_of(parameters["host"], listening.getsockname()[1], secure=tls is not None)
    door = Door(
        guard,
        access.page_files(),
        bundle=partial(evidence.bundle, evidence.roots_of(site)),
        most=limits.connections + SPARE,
        tls=tls,
    )
    return Opening(site, guard, limits, door, listening, url)


def state_of(config: Mapping[str, Any]) -> Path:
    """The state directory of the site; actors are told that of its journals."""
    return Path(config["state"]).parent


def _listen(host: str, port: int, before: str | None) -> socket.socket:
    """Any free port is the one a predecessor had, if it is still free: clients are to find us again."""
    ports = [port] if port or before is None else [_port_in(before), port]
    problem = ""
    for each in ports:
        try:
            return bound(host, each)
        except OSError as error:
            problem = f"{host} port {each}: {error.strerror}"
    raise AccessError(problem)


def _port_in(url: str) -> int:
    try:
        return urlsplit(url).port or 0
    except ValueError:
        return 0
