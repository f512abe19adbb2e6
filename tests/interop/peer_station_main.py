"""Runs inside the environment of the `iso15118` package: its station, whose DC supply does as it is told.

The supply that the package's own simulation has stays at 1 V and 1 A whatever the car asks for. With
`--tls-20` its TLS is that of ISO 15118-20 as well; the package's own context knows secp256r1 as the only
curve. All else is the package's. Settings come from the environment, as for `iso15118.secc.main`. Not
imported by anything of ours.
"""

from __future__ import annotations

import asyncio
import ssl
import sys

from iso15118.secc import Config, SECCHandler
from iso15118.secc.controller.interface import ServiceStatus
from iso15118.secc.controller.simulator import SimEVSEController
from iso15118.secc.transport import tcp_server
from iso15118.shared.exificient_exi_codec import ExificientEXICodec
from iso15118.shared.security import CertPath, KeyPasswordPath, KeyPath, load_priv_key_pass


class Evse(SimEVSEController):
    """The package's simulated EVSE, whose supply gives what the car wants."""

    def __init__(self) -> None:
        super().__init__()
        self._supply(0.0, 0.0)

    async def send_charging_command(
        self,
        ev_target_voltage: float | None,
        ev_target_current: float | None,
        is_precharge: bool = False,  # noqa: FBT001, FBT002  # as the package calls it
        is_session_bpt: bool = False,  # noqa: FBT001, FBT002  # as above
    ) -> None:
        """Give it at once; while pre-charging no current flows."""
        self._supply(ev_target_voltage or 0.0, 0.0 if is_precharge else ev_target_current or 0.0)

    async def stop_charger(self) -> None:
        """Give nothing more."""
        self._supply(0.0, 0.0)

    def _supply(self, voltage_v: float, current_a: float) -> None:
        self.evse_data_context.present_voltage = voltage_v
        self.evse_data_context.present_current = current_a


async def main() -> None:
    """Serve until killed."""
    config = Config()
    config.load_envs()
    config.print_settings()
    evse = Evse()
    await evse.set_status(ServiceStatus.STARTING)
    await SECCHandler(exi_codec=ExificientEXICodec(), evse_controller=evse, config=config).start(config.iface)


def context_of_20(server_side: bool) -> ssl.SSLContext:  # noqa: FBT001  # as the package calls it
    """TLS 1.3 with secp521r1, for cars with a certificate."""
    assert server_side
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_ecdh_curve("secp521r1")
    context.load_verify_locations(cafile=CertPath.OEM_ROOT_PEM)
    password = load_priv_key_pass(KeyPasswordPath.SECC_LEAF_KEY_PASSWORD)
    context.load_cert_chain(CertPath.CPO_CERT_CHAIN_PEM, KeyPath.SECC_LEAF_PEM, password)
    return context


if __name__ == "__main__":
    if "--tls-20" in sys.argv[1:]:
        tcp_server.get_ssl_context = context_of_20
    asyncio.run(main())
