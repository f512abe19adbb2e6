"""Who may reach the Gateway: only this machine, unless callers need a token and nobody can overhear it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.catalog import external
from actors.config.rules.address import is_loopback

if TYPE_CHECKING:
    from actors.config.model import ModuleEntry
    from actors.config.report import Report
    from actors.config.rules.site import Site

GATEWAY: Final = "Gateway"
CERTIFICATE: Final = "certificate"
KEY: Final = "private_key"
TOKENS: Final = "token_file"


def check_gateways(site: Site, report: Report) -> None:
    """A Gateway that others can reach has tokens and TLS; TLS has a certificate and its key."""
    for entry in site.modules.values():
        if entry.manifest.name == GATEWAY:
            _check(entry, report)


def check_external(site: Site, report: Report) -> None:
    """A program from outside comes over the Gateway, so there must be one."""
    if any(entry.manifest.name == GATEWAY for entry in site.modules.values()):
        return
    for entry in site.modules.values():
        if entry.manifest.name.startswith(external.PREFIX):
            report.error(
                (*entry.path, "module"),
                f"{entry.id} is a program from outside, and there is no Gateway it could come by",
                "Add a module Gateway, or start the site with --gateway.",
            )


def _check(entry: ModuleEntry, report: Report) -> None:
    path = (*entry.path, "config_module")
    given = {name for name in (CERTIFICATE, KEY, TOKENS) if entry.parameters.get(name)}
    for one, other in ((CERTIFICATE, KEY), (KEY, CERTIFICATE)):
        if one in given and other not in given:
            report.error(
                (*path, one), f"{one} without {other}", f"Give both {CERTIFICATE} and {KEY}, or none."
            )
    host = entry.parameters.get("host")
    missing = [name for name in (TOKENS, CERTIFICATE, KEY) if name not in given]
    if isinstance(host, str) and not is_loopback(host) and missing:
        report.error(
            (*path, "host"),
            f"other machines can reach this address, and there is no {' and no '.join(missing)}",
            "Listen at 127.0.0.1, or give all three.",
        )
