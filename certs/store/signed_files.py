"""Is a file what its maker signed? For firmware (S13.5)."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils

from certs import pem
from certs.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Generator
    from io import BufferedReader

MAX_WHOLE_BYTES: Final = 256 * 1024 * 1024
"""Of a file signed with an Edwards curve, which cannot be verified piece by piece."""
STEP_BYTES: Final = 4 * 1024 * 1024
"""Some milliseconds for a processor; a slow disk takes a tenth of a second."""
_MAX_SIGNATURE: Final = 16 * 1024
_HASH: Final = hashes.SHA256()
_PREHASHED: Final = utils.Prehashed(_HASH)


def verify_file(file_path: str, signing_certificate: str, signature: str) -> bool:
    """Whether the key of this certificate, the first if there are more, has signed the file.

    The hash is SHA-256 where the key needs one.
    RSA signatures may be padded by PSS or PKCS #1 v1.5. Whether the certificate is trusted is for
    `verify_certificate` to say, which judges the first one, too. False for anything that cannot be read.
    """
    steps = in_steps(file_path, signing_certificate, signature)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return bool(end.value)


def in_steps(file_path: str, signing_certificate: str, signature: str) -> Generator[None, None, bool]:
    """As `verify_file`, `STEP_BYTES` of the file at a time: a large one takes long, others need not wait.

    Files signed with an Edwards curve are read in one step.
    """
    try:
        key = pem.load_certificates(signing_certificate)[0].public_key()
        yield from _verify(key, _decoded(signature), Path(file_path))
    except (CertificateError, UnsupportedAlgorithm, InvalidSignature, ValueError, OSError):
        return False
    return True


def _decoded(signature: str) -> bytes:
    if len(signature) > _MAX_SIGNATURE:
        raise ValueError("a signature that is too long")
    return base64.b64decode("".join(signature.split()), validate=True)


def _verify(key: object, signature: bytes, path: Path) -> Generator[None, None, None]:
    """InvalidSignature, UnsupportedAlgorithm for keys that sign nothing, OSError."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, (yield from _digest(path)), ec.ECDSA(_PREHASHED))
    elif isinstance(key, rsa.RSAPublicKey):
        _verify_rsa(key, signature, (yield from _digest(path)))
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(signature, _whole(path))
    else:
        raise UnsupportedAlgorithm("a key that signs nothing")


def _verify_rsa(key: rsa.RSAPublicKey, signature: bytes, digest: bytes) -> None:
    pss = padding.PSS(mgf=padding.MGF1(_HASH), salt_length=padding.PSS.AUTO)
    try:
        key.verify(signature, digest, pss, _PREHASHED)
    except InvalidSignature:
        key.verify(signature, digest, padding.PKCS1v15(), _PREHASHED)


def _opened(path: Path) -> BufferedReader:
    """A regular file, open. OSError for anything else: reading a device or a pipe may never end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is not a file")
    return os.fdopen(descriptor, "rb")


def _digest(path: Path) -> Generator[None, None, bytes]:
    digest = hashlib.sha256()
    with _opened(path) as file:
        while piece := file.read(STEP_BYTES):
            digest.update(piece)
            yield
    return digest.digest()


def _whole(path: Path) -> bytes:
    with _opened(path) as file:
        content = file.read(MAX_WHOLE_BYTES + 1)
    if len(content) > MAX_WHOLE_BYTES:
        raise OSError(f"{path} is too large for this kind of signature")
    return content
