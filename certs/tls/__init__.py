"""TLS between car and station, and between station and CSMS.

- `ServerContexts(ServerMaterial(identities=...)).accept(now=...)`: the station's end, for cars of ISO 15118-2
  and -20 on one port. `ClientContext(ClientMaterial(roots=...)).connect(now=...)`: a car.
- `load_identity` makes an `Identity` from PEM.
- Both ends are `TlsEndpoint`: `receive_data`, `data_to_send`, `read`, `write`, `close`, `state`, `failure`.
- `csms.csms_context(...)`: a `ssl.SSLContext` for the websocket to the CSMS, security profiles 2 and 3.

What OpenSSL cannot do: the static ECDH suite of -2; OCSP responses for the sub-CAs beside that of the leaf
(status_request_v2 of RFC 6961 in TLS 1.2; in 1.3 it could since 3.6, but the binding has no way to say it).
"""

from certs.tls.authorities import IdentifierType, TrustedAuthority
from certs.tls.client import ClientContext, ClientEndpoint
from certs.tls.client_hello import ClientHello, HelloError, HelloReader
from certs.tls.contexts import prepare
from certs.tls.editions import Edition
from certs.tls.endpoint import State, TlsEndpoint
from certs.tls.faults import Alert, Fault, TlsBacklogError, TlsFailure, TlsStateError
from certs.tls.material import ClientMaterial, Identity, ServerMaterial, load_identity
from certs.tls.server import ServerContexts, ServerEndpoint

__all__ = [
    "Alert",
    "ClientContext",
    "ClientEndpoint",
    "ClientHello",
    "ClientMaterial",
    "Edition",
    "Fault",
    "HelloError",
    "HelloReader",
    "IdentifierType",
    "Identity",
    "ServerContexts",
    "ServerEndpoint",
    "ServerMaterial",
    "State",
    "TlsBacklogError",
    "TlsEndpoint",
    "TlsFailure",
    "TlsStateError",
    "TrustedAuthority",
    "load_identity",
    "prepare",
]
