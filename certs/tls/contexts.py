"""Builds OpenSSL contexts from material. A context never changes once it is built.

No session is ever resumed, so that every car is verified anew; no compression, no renegotiation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from certs.tls import binding
from certs.tls.authorities import identify, write_trusted_ca_keys
from certs.tls.editions import Edition, TlsRules
from certs.tls.exchange import Exchange, judge
from certs.tls.material import MAX_CHAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from certs.tls.material import ClientMaterial, Identity, ServerMaterial

_OPTIONS: Final = (
    SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION | SSL.OP_CIPHER_SERVER_PREFERENCE
)
_CURVES: Final = {Edition.ISO2: ec.SECP256R1(), Edition.ISO20: ec.SECP521R1()}


def prepare() -> None:
    """Have OpenSSL look up its algorithms, as it does when a process makes its first context.

    For a process that is about to fork: each child would take a megabyte and two milliseconds for it.
    """
    SSL.Context(SSL.TLS_SERVER_METHOD)


def server_context(
    rules: TlsRules, identity: Identity, material: ServerMaterial, *, acknowledge: bool, key_log: bool
) -> SSL.Context:
    """For one edition and one chain. `acknowledge`: answer trusted_ca_keys."""
    context = _context(SSL.TLS_SERVER_METHOD, (rules,), key_log=key_log)
    _show(context, identity)
    context.set_ocsp_server_callback(_staple)
    if acknowledge:
        binding.acknowledge_trusted_ca_keys(context)
    if rules.client is not None:
        binding.verify_peers(context, judge)
        for root in material.vehicle_roots:
            context.add_client_ca(root)
    return context


def client_context(material: ClientMaterial, *, key_log: bool) -> SSL.Context:
    """For a car."""
    context = _context(SSL.TLS_CLIENT_METHOD, material.rules, key_log=key_log)
    if material.identity is not None:
        _show(context, material.identity)
    binding.verify_peers(context, judge)
    context.set_ocsp_client_callback(_check_staple)
    if material.hints is not None and Edition.ISO2 in material.editions:
        hints = write_trusted_ca_keys(identify(root, material.hints) for root in material.roots)
        binding.send_trusted_ca_keys(context, hints)
    return context


def _context(method: int, rows: Sequence[TlsRules], *, key_log: bool) -> SSL.Context:
    context = SSL.Context(method)
    context.set_min_proto_version(min(rules.version for rules in rows))
    context.set_max_proto_version(max(rules.version for rules in rows))
    for rules in rows:
        if rules.version == SSL.TLS1_3_VERSION:
            context.set_tls13_ciphersuites(_list(rules.suites))
        else:
            context.set_cipher_list(_list(rules.suites))
    if not binding.limit_groups(context, _list(one for rules in rows for one in rules.groups).decode()):
        context.set_tmp_ecdh(_CURVES[rows[0].edition])  # one curve is what pyOpenSSL can limit it to
    binding.limit_signatures(context, _list(one for rules in rows for one in rules.signatures).decode())
    context.set_options(_OPTIONS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_verify_depth(MAX_CHAIN)
    context.set_info_callback(_note_alert)
    if key_log:
        context.set_keylog_callback(_note_secret)
    return context


def _list(names: Iterable[str]) -> bytes:
    return ":".join(names).encode("ascii")


def _show(context: SSL.Context, identity: Identity) -> None:
    context.use_certificate(identity.leaf)
    for certificate in identity.certificates[1:]:
        context.add_extra_chain_cert(certificate)
    context.use_privatekey(identity.key)
    context.check_privatekey()


def _exchange(connection: SSL.Connection) -> Exchange:
    exchange = connection.get_app_data()
    assert isinstance(exchange, Exchange)
    return exchange


def _staple(connection: SSL.Connection, _data: object) -> bytes:
    return _exchange(connection).staple_to_show()


def _check_staple(connection: SSL.Connection, response: bytes, _data: object) -> bool:
    return _exchange(connection).accept_staple(response)


def _note_alert(connection: SSL.Connection, where: int, value: int) -> None:
    if where & SSL.SSL_CB_ALERT:
        _exchange(connection).note_alert(value, sent=bool(where & SSL.SSL_CB_WRITE))


def _note_secret(connection: SSL.Connection, line: bytes) -> None:
    _exchange(connection).key_log.append(line.decode("ascii"))
