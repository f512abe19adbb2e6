"""A meter that is a program: fills a role `ExternalPowermeter` of a site. See docs/gateway-roles.md.

    python deploy/gateway/powermeter.py http://127.0.0.1:8080 --role meter_1 --power 3680

It shows a constant power; where `reading` is, ask your meter instead.
"""

# ruff: noqa: INP001  # a program of its own, no part of a package
from __future__ import annotations

import argparse
import logging
import os
import time
from datetime import UTC, datetime
from typing import Any

from actors.gateway.client import CallError, CommandError, ConnectionEnded, GatewayClient

LOG = logging.getLogger("powermeter")
METER = "EXAMPLE-1"
EVERY_S = 0.5


def reading(begun_s: float, power_w: float) -> dict[str, Any]:
    """What the meter shows now: EVerest's type powermeter/Powermeter."""
    energy_wh = 1_000_000 + (time.time() - begun_s) * power_w / 3600
    return {
        "timestamp": datetime.now(UTC).isoformat(),
        "meter_id": METER,
        "energy_Wh_import": {"total": round(energy_wh, 3)},
        "power_W": {"total": power_w},
    }


def start_transaction(value: dict[str, Any]) -> dict[str, Any]:
    """Open a signed record. This meter signs nothing, and says so in the reply."""
    return {"response": {"status": "NOT_SUPPORTED", "error": f"{METER} signs nothing for {value['evse_id']}"}}


def stop_transaction(transaction_id: str) -> dict[str, Any]:
    """As above. A command that fails without a reply of its own is a CommandError."""
    raise CommandError("Unsupported", f"{METER} signs nothing, {transaction_id} neither")


def serve(site: GatewayClient, role: str, begun_s: float, power_w: float) -> None:
    """Be the meter until the connection ends."""
    commands = {"start_transaction": start_transaction, "stop_transaction": stop_transaction}
    LOG.info("filled %s", site.serve(role, commands))
    while True:
        value = {"powermeter": reading(begun_s, power_w)}
        try:
            site.call("role.publish", role=role, variable="powermeter", value=value)
        except CallError as error:  # the actor of the role is being replaced; the client fills it again
            LOG.info("%s", error)
        time.sleep(EVERY_S)


def main() -> None:
    """Connect, and connect again whenever the connection ends."""
    parser = argparse.ArgumentParser(description="A meter of a site.")
    parser.add_argument("url", help="where the Gateway is; its token is in EVSITE_TOKEN")
    parser.add_argument("--role", default="meter_1", help="the module of the site file")
    parser.add_argument("--power", type=float, default=3680.0, help="what it shows, in W")
    given, begun_s = parser.parse_args(), time.time()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    while True:
        try:
            with GatewayClient(given.url, token=os.environ.get("EVSITE_TOKEN")) as site:
                serve(site, given.role, begun_s, given.power)
        except (ConnectionEnded, CallError, TimeoutError) as error:
            LOG.info("once more in a second: %s", error)
            time.sleep(1)


if __name__ == "__main__":
    main()
