"""Runs inside the environment of the `iso15118` package: its car, with the TLS that ISO 15118-20 asks for.

The package's own context offers secp256r1 as the only curve, which a station of -20 must not take. All else
is the package's. Arguments and environment are those of `iso15118.evcc.main`. Not imported by anything of
ours.
"""

from __future__ import annotations

import asyncio
import ssl

from iso15118.evcc import main as package
from iso15118.evcc.transport import tcp_client
from iso15118.shared.security import CertPath, KeyPasswordPath, KeyPath, load_priv_key_pass


def context_of_20(server_side: bool) -> ssl.SSLContext:  # noqa: FBT001  # as the package calls it
    """TLS 1.3 with secp521r1 and the car's certificate."""
    assert not server_side
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.set_ecdh_curve("secp521r1")
    context.load_verify_locations(cafile=CertPath.V2G_ROOT_PEM)
    password = load_priv_key_pass(KeyPasswordPath.OEM_LEAF_KEY_PASSWORD)
    context.load_cert_chain(CertPath.OEM_CERT_CHAIN_PEM, KeyPath.OEM_LEAF_PEM, password)
    return context


if __name__ == "__main__":
    tcp_client.get_ssl_context = context_of_20
    asyncio.run(package.main())
