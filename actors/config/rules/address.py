"""Addresses that a site file names. Pure: no name is looked up."""

from __future__ import annotations

import contextlib
import ipaddress


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only; a name is not known to be one."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
