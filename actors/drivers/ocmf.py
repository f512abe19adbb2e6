"""Signed meter records in the Open Charge Metering Format: `OCMF|payload|signature` (OCMF 1.x).

The payload is signed as the bytes that stand between the bars. The key is ECDSA on P-256; the public key is
told as hexadecimal DER, which transparency software takes. Pure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from protocols.types.powermeter import Powermeter, TransactionReq

METHOD: Final = "ECDSA-secp256r1-SHA256"
FORMAT: Final = "1.0"
_TIME: Final = "%Y-%m-%dT%H:%M:%S,%f"


class OcmfError(ValueError):
    """A text is no record, or its signature is not that of the key."""


class Signer:
    """The key of one meter."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, meter_id: str) -> None:
        self._key, self._meter_id, self._number = key, meter_id, 0

    @property
    def public_key(self) -> str:
        """As hexadecimal DER."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return der.hex()

    def record(self, request: TransactionReq, start: Powermeter, end: Powermeter) -> str:
        """The record of one transaction, from its first reading to its last."""
        self._number += 1
        payload: dict[str, Any] = {
            "FV": FORMAT,
            "GI": "evsite",
            "GS": self._meter_id,
            "PG": f"T{self._number}",
            "MS": self._meter_id,
            "IS": request.identification_status.value == "ASSIGNED",
            "IL": request.identification_level.value if request.identification_level else "NONE",
            "IF": [each.value for each in request.identification_flags],
            "IT": request.identification_type.value,
            "ID": request.identification_data or "",
            "TT": request.tariff_text or "",
            "CT": "EVSEID",
            "CI": request.evse_id,
            "RD": [_reading(start, "B"), _reading(end, "E")],
        }
        text = json.dumps(payload, separators=(",", ":")).replace("|", r"\u007c")  # the bar parts the parts
        signature = self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
        return f"OCMF|{text}|" + json.dumps({"SA": METHOD, "SD": signature.hex()}, separators=(",", ":"))


def _reading(value: Powermeter, kind: str) -> dict[str, Any]:
    moment = value.timestamp.strftime(_TIME)[:-3]
    return {
        "TM": f"{moment}+0000 S",
        "TX": kind,
        "RV": float(value.energy_wh_import.total_wh / 1000),
        "RI": "1-0:1.8.0",
        "RU": "kWh",
        "ST": "G",
    }


def verify(text: str, public_key: str) -> dict[str, Any]:
    """The payload of a record whose signature is that of the key. OcmfError for any other text."""
    parts = text.split("|")
    if len(parts) != 3 or parts[0] != "OCMF":  # noqa: PLR2004  # OCMF, payload, signature
        raise OcmfError("a record has the form OCMF|payload|signature")
    try:
        signature = bytes.fromhex(json.loads(parts[2])["SD"])
        key = serialization.load_der_public_key(bytes.fromhex(public_key))
        payload = json.loads(parts[1])
    except (ValueError, KeyError, TypeError) as error:
        raise OcmfError(f"not a record: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(payload, dict):
        raise OcmfError("not a record of an elliptic curve key")
    try:
        key.verify(signature, parts[1].encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise OcmfError("the signature is not that of this key") from error
    return payload
