"""What OpenSSL can do and pyOpenSSL does not offer, through the binding pyOpenSSL itself stands on.

The only module that touches `SSL._lib` and `SSL._ffi`. Every function it needs is looked up once, with its C
type, when it is imported; a feature whose functions are missing or have changed is left out, and its
function here returns False and does nothing. What that costs:

- GROUPS: pyOpenSSL can still limit a context to one curve: P-256 for -2, P-521 for -20, no X448.
- SIGNATURES: the signature algorithms of OpenSSL's default are negotiated as well.
- TRUSTED_CA_KEYS: our car sends no such extension; our server chooses by it but does not say so.
- VERIFICATION: peers are verified when the handshake is over, and refused without an alert that says why.

`tests/certs/tls/test_binding.py` fails, with the names, as soon as a new release of either library takes one
away. Nothing of the libraries is replaced or patched.
"""

from __future__ import annotations

import enum
import logging
from typing import TYPE_CHECKING, Any, Final

from OpenSSL import SSL

from certs.errors import CertificateError
from certs.pem import load_der
from certs.tls.authorities import TRUSTED_CA_KEYS
from certs.verdict import Reason, Refused, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptography import x509


class Feature(enum.Enum):
    """What the binding adds."""

    GROUPS = "groups"
    SIGNATURES = "signatures"
    TRUSTED_CA_KEYS = "trusted_ca_keys"
    VERIFICATION = "verification"


_ADD_EXTENSION: Final = (
    "int(*)(SSL_CTX *, unsigned int,"
    " int(*)(SSL *, unsigned int, unsigned char * *, size_t *, int *, void *),"
    " void(*)(SSL *, unsigned int, unsigned char *, void *), void *,"
    " int(*)(SSL *, unsigned int, unsigned char *, size_t, int *, void *), void *)"
)
NEEDED: Final[Mapping[Feature, Mapping[str, str]]] = {
    Feature.GROUPS: {"SSL_CTX_set1_curves_list": "long(*)(SSL_CTX *, char *)"},
    Feature.SIGNATURES: {"SSL_CTX_set1_sigalgs_list": "long(*)(SSL_CTX *, char *)"},
    Feature.TRUSTED_CA_KEYS: {
        "SSL_CTX_add_server_custom_ext": _ADD_EXTENSION,
        "SSL_CTX_add_client_custom_ext": _ADD_EXTENSION,
        "SSL_extension_supported": "int(*)(unsigned int)",
    },
    Feature.VERIFICATION: {
        "SSL_CTX_set_verify": "void(*)(SSL_CTX *, int, int(*)(int, X509_STORE_CTX *))",
        "SSL_get_ex_data_X509_STORE_CTX_idx": "int(*)()",
        "X509_STORE_CTX_get_ex_data": "void *(*)(X509_STORE_CTX *, int)",
        "X509_STORE_CTX_get1_chain": "Cryptography_STACK_OF_X509 *(*)(X509_STORE_CTX *)",
        "X509_STORE_CTX_set_error": "void(*)(X509_STORE_CTX *, int)",
        "sk_X509_num": "int(*)(Cryptography_STACK_OF_X509 *)",
        "sk_X509_value": "X509 *(*)(Cryptography_STACK_OF_X509 *, int)",
        "sk_X509_free": "void(*)(Cryptography_STACK_OF_X509 *)",
        "X509_free": "void(*)(X509 *)",
        "i2d_X509_bio": "int(*)(BIO *, X509 *)",
        "BIO_new": "BIO *(*)(BIO_METHOD *)",
        "BIO_s_mem": "BIO_METHOD *(*)()",
        "BIO_free": "int(*)(BIO *)",
        "BIO_read": "int(*)(BIO *, void *, int)",
    },
}
"""The functions of each feature and their C types, as cffi writes them."""

_lib: Any = SSL._lib  # type: ignore[attr-defined]  # noqa: SLF001  # what this module is for
_ffi: Any = SSL._ffi  # type: ignore[attr-defined]  # noqa: SLF001  # as above
_logger: Final = logging.getLogger(__name__)


def missing(needed: Mapping[Feature, Mapping[str, str]] = NEEDED) -> dict[Feature, tuple[str, ...]]:
    """The functions that are absent or of another type, by the feature that needs them."""
    lacking = {
        feature: tuple(f"{name}: {wanted}" for name, wanted in functions.items() if _type_of(name) != wanted)
        for feature, functions in needed.items()
    }
    return {feature: names for feature, names in lacking.items() if names}


def _type_of(name: str) -> str | None:
    function = getattr(_lib, name, None)
    return None if function is None else str(_ffi.typeof(function).cname)


def _available() -> frozenset[Feature]:
    lacking = missing()
    found = frozenset(Feature) - frozenset(lacking)
    if Feature.TRUSTED_CA_KEYS in found and _lib.SSL_extension_supported(TRUSTED_CA_KEYS):
        found -= {Feature.TRUSTED_CA_KEYS}  # OpenSSL would handle it itself then
    if not hasattr(SSL.Connection, "_reverse_mapping"):
        found -= {Feature.VERIFICATION}  # nothing tells whose handshake a callback is about
    return found


AVAILABLE: Final = _available()


def limit_groups(context: SSL.Context, groups: str) -> bool:
    """Negotiate only these key exchange groups (a list with colons). False if that cannot be done."""
    if Feature.GROUPS not in AVAILABLE:
        return False
    return bool(_lib.SSL_CTX_set1_curves_list(_raw(context), groups.encode("ascii")) == 1)


def limit_signatures(context: SSL.Context, signatures: str) -> bool:
    """Accept and make only these signatures (a list with colons). False if that cannot be done."""
    if Feature.SIGNATURES not in AVAILABLE:
        return False
    return bool(_lib.SSL_CTX_set1_sigalgs_list(_raw(context), signatures.encode("ascii")) == 1)


def acknowledge_trusted_ca_keys(context: SSL.Context) -> bool:
    """Answer a client's trusted_ca_keys with the empty extension (RFC 6066 6). False if impossible.

    Its content is not read here: `client_hello` does that before there is a context.
    """
    if Feature.TRUSTED_CA_KEYS not in AVAILABLE:
        return False
    null = _ffi.NULL
    done = _lib.SSL_CTX_add_server_custom_ext(
        _raw(context), TRUSTED_CA_KEYS, null, null, null, null, null
    )  # no callback at all: OpenSSL then answers with an empty extension
    return bool(done == 1)


def send_trusted_ca_keys(context: SSL.Context, content: bytes) -> bool:
    """Send this content as trusted_ca_keys in every ClientHello of the context. False if impossible."""
    if Feature.TRUSTED_CA_KEYS not in AVAILABLE:
        return False
    buffer = _ffi.new("unsigned char[]", content)

    def add(_ssl: Any, _kind: int, out: Any, size: Any, _alert: Any, _arg: Any) -> int:
        out[0], size[0] = buffer, len(content)
        return 1

    callback = _ffi.callback(
        "int (*)(SSL *, unsigned int, const unsigned char **, size_t *, int *, void *)", add
    )
    null = _ffi.NULL
    done = _lib.SSL_CTX_add_client_custom_ext(
        _raw(context), TRUSTED_CA_KEYS, callback, null, null, null, null
    )
    _keep(context, callback, buffer)
    return bool(done == 1)


def verify_peers(context: SSL.Context, judge: Callable[[Any, tuple[x509.Certificate, ...]], Verdict]) -> bool:
    """Ask `judge` about the peer's chain in the middle of the handshake; OpenSSL's own opinion is ignored.

    It gets the connection's application data and the chain, leaf first, and may be asked more than once in a
    handshake. A peer must show a certificate. Refusals reach it as the alert that fits the reason. False if
    that cannot be done: then verify when the handshake is over.
    """
    if Feature.VERIFICATION not in AVAILABLE:
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        return False

    def verify(_ok: int, store: Any) -> int:
        try:
            verdict = judge(_application_data(store), _chain(store))
        except CertificateError as error:
            verdict = Refused(reason=Reason.MALFORMED, detail=str(error))
        except Exception:  # an exception cannot pass through C: refuse, and say so
            _logger.exception("the verification of a TLS peer has failed")
            _lib.X509_STORE_CTX_set_error(store, _lib.X509_V_ERR_APPLICATION_VERIFICATION)
            return 0
        if isinstance(verdict, Refused):
            code = _CODES.get(verdict.reason, "X509_V_ERR_CERT_REJECTED")
            _lib.X509_STORE_CTX_set_error(store, getattr(_lib, code))
            return 0
        _lib.X509_STORE_CTX_set_error(store, _lib.X509_V_OK)
        return 1

    callback = _ffi.callback("int (*)(int, X509_STORE_CTX *)", verify, error=0)
    mode = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    _lib.SSL_CTX_set_verify(_raw(context), mode, callback)
    _keep(context, callback)
    return True


_CODES: Final[Mapping[Reason, str]] = {
    Reason.EXPIRED: "X509_V_ERR_CERT_HAS_EXPIRED",
    Reason.NOT_YET_VALID: "X509_V_ERR_CERT_NOT_YET_VALID",
    Reason.REVOKED: "X509_V_ERR_CERT_REVOKED",
    Reason.ISSUER_NOT_FOUND: "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    Reason.NO_TRUSTED_ROOT: "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    Reason.KEY_ID: "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    Reason.SIGNATURE: "X509_V_ERR_CERT_SIGNATURE_FAILURE",
    Reason.LEAF_SIGNATURE: "X509_V_ERR_CERT_SIGNATURE_FAILURE",
    Reason.EXTENDED_KEY_USAGE: "X509_V_ERR_INVALID_PURPOSE",
    Reason.KEY_USAGE: "X509_V_ERR_INVALID_PURPOSE",
}
"""By these OpenSSL chooses the alert."""


def _raw(context: SSL.Context) -> Any:
    return context._context  # noqa: SLF001  # the binding's own object


def _keep(context: SSL.Context, *objects: object) -> None:
    """Let what C points to live as long as the context, which every connection of it keeps alive."""
    context.set_app_data((*(context.get_app_data() or ()), *objects))


def _application_data(store: Any) -> Any:
    ssl = _lib.X509_STORE_CTX_get_ex_data(store, _lib.SSL_get_ex_data_X509_STORE_CTX_idx())
    return SSL.Connection._reverse_mapping[_ffi.cast("SSL *", ssl)].get_app_data()  # noqa: SLF001  # as pyOpenSSL's own callbacks do


def _chain(store: Any) -> tuple[x509.Certificate, ...]:
    """What OpenSSL has put in order of what the peer has sent. CertificateError for what we cannot read."""
    stack = _ffi.gc(_lib.X509_STORE_CTX_get1_chain(store), _free_stack)
    return tuple(load_der(_der(_lib.sk_X509_value(stack, at))) for at in range(_lib.sk_X509_num(stack)))


def _free_stack(stack: Any) -> None:
    for at in range(_lib.sk_X509_num(stack)):
        _lib.X509_free(_lib.sk_X509_value(stack, at))
    _lib.sk_X509_free(stack)


def _der(certificate: Any) -> bytes:
    bio = _ffi.gc(_lib.BIO_new(_lib.BIO_s_mem()), _lib.BIO_free)
    _lib.i2d_X509_bio(bio, certificate)
    parts = []
    buffer = _ffi.new("char[]", 4096)
    while (size := _lib.BIO_read(bio, buffer, 4096)) > 0:
        parts.append(_ffi.buffer(buffer, size)[:])
    return b"".join(parts)
