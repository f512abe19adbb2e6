"""A whole Plug & Charge world for tests: hierarchies, broken variants, responders, lists and their files.

`build(Options(now=...))` makes the hierarchies of both editions and of OCPP; `insecure_mint(seed)` makes the
same ones every time. `broken(pki, leaf, variant)` gives a chain that is wrong in one way, `files(pki)` what
goes where in EVerest's directory layout. Nothing here is for real stations: the keys of CAs lie beside.
"""

from certs.pki.broken import VARIANTS, Broken, broken, variants_of
from certs.pki.hierarchies import LEAF_PROFILES, SUFFIXES, Edition, Options, Pki, Row, build, edition_of
from certs.pki.issuing import Contents, Identity, Mint, insecure_mint, issue
from certs.pki.layout import File, files
from certs.pki.signing import LEAVES, sign_request
from certs.pki.status import Period, crl, ocsp_response, refusal, responder

__all__ = [
    "LEAF_PROFILES",
    "LEAVES",
    "SUFFIXES",
    "VARIANTS",
    "Broken",
    "Contents",
    "Edition",
    "File",
    "Identity",
    "Mint",
    "Options",
    "Period",
    "Pki",
    "Row",
    "broken",
    "build",
    "crl",
    "edition_of",
    "files",
    "insecure_mint",
    "issue",
    "ocsp_response",
    "refusal",
    "responder",
    "sign_request",
    "variants_of",
]
