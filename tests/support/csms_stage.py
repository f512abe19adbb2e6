"""A simulated back-end without sockets, and stations that talk to it."""

from __future__ import annotations

import functools
import json
import random
from datetime import timedelta
from typing import Any

from actors.simulation.csms.authority import Authority
from actors.simulation.csms.backend import Backend
from actors.simulation.csms.door import Knock
from actors.simulation.csms.effects import Say, Write
from actors.simulation.csms.script import Certificates, Script
from certs import pki
from certs.hashes import hash_data
from certs.keys import KeyKind, generate_key
from certs.requests import Subject, build_request, request_to_pem
from protocols.ocpp.version import Version
from tests.support.certificates import NOW, world

BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "evsite", "model": "SIL"}}
BOOT16 = {"chargePointVendor": "evsite", "chargePointModel": "SIL"}


@functools.cache
def _lists():
    names = ("MO_SUB_CA2", "CPO_SUB_CA2")
    return tuple(pki.crl(world()[name], period=pki.Period.around(NOW)) for name in names)


def authority(**settings: Any) -> Authority:
    """The CAs of the tests' world."""
    return Authority(
        identities=world().identities,
        lists=settings.pop("lists", _lists()),
        settings=Certificates(**settings),
        random=random.Random(7).randbytes,
        mint=pki.insecure_mint("csms", 5000),
    )


def csr(kind: KeyKind = KeyKind.P256, organization: str = "EVSITE TEST") -> str:
    """A request of a station."""
    subject = Subject(common_name="cp-1", organization=organization, country="DE")
    return request_to_pem(build_request(generate_key(kind), subject)).decode()


def hashes(name: str = "MO_LEAF", **changes: Any) -> dict[str, str]:
    """The hash data of a certificate of the tests' world, as OCPP writes it."""
    leaf = world()[name]
    assert leaf.issuer is not None
    found = hash_data(leaf.certificate, leaf.issuer.certificate)
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": found.issuer_name_hash,
        "issuerKeyHash": found.issuer_key_hash,
        "serialNumber": found.serial_number,
        **changes,
    }


class Stage:
    """A back-end and its record; `now` moves when told to."""

    def __init__(self, script: dict | Script | None = None, *, certified: bool = False) -> None:
        plan = script if isinstance(script, Script) else Script.model_validate(script or {})
        made = authority(**plan.certificates.model_dump()) if certified else None
        self.backend = Backend(plan, made, prefix="t")
        self.now = NOW
        self.effects: list[Any] = []
        self._id = 0

    def connect(self, station="cp-1", version=Version.V21) -> int:
        """A station comes in; its connection."""
        knock = Knock(path=f"/ocpp/{station}", offered=[version.value])
        number = self.backend.connected(self.backend.knock(knock, self.now), self.now)
        self.collect()
        return number

    def collect(self) -> list[Any]:
        """What the back-end wants, newly."""
        taken = self.backend.take()
        self.effects += taken
        return taken

    def said(self) -> list[Any]:
        """What the back-end wants, newly, decoded."""
        return said(self.collect())

    def say(self, number: int, data: str | bytes) -> list[Any]:
        """A station sends a message; what the back-end says to it, decoded."""
        self.backend.received(number, data, self.now)
        return said(self.collect())

    def call(self, number: int, action: str, payload: dict, message_id: str | None = None) -> list[Any]:
        """A station calls."""
        self._id += 1
        return self.say(number, json.dumps([2, message_id or f"m{self._id}", action, payload]))

    def wait(self, seconds: float) -> list[Any]:
        """Time passes."""
        self.now += timedelta(seconds=seconds)
        self.backend.tick(self.now)
        return said(self.collect())

    def close(self, number: int) -> None:
        """A connection ends."""
        self.backend.closed(number, "1000", self.now)
        self.collect()

    @property
    def entries(self):
        """The record so far."""
        return [effect.entry for effect in self.effects if isinstance(effect, Write)]

    def texts(self, kind) -> list[str]:
        """What the record says of one kind."""
        return [entry.text for entry in self.entries if entry.kind is kind]


def said(effects: list[Any]) -> list[Any]:
    """Frames as what they hold; other effects as they are; the record left out."""
    return [_plain(each) for each in effects if not isinstance(each, Write)]


def _plain(effect: Any) -> Any:
    if not isinstance(effect, Say):
        return effect
    try:
        return json.loads(effect.data)
    except ValueError:
        return effect.data


def event(kind="Started", seq_no=0, wh=None, transaction="tx-1", **more: Any) -> dict[str, Any]:
    """A TransactionEvent."""
    made: dict[str, Any] = {
        "eventType": kind,
        "timestamp": "2026-06-01T12:00:00Z",
        "triggerReason": "CablePluggedIn",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": transaction},
        **more,
    }
    if wh is not None:
        sample = {"value": wh, "unitOfMeasure": {"unit": "Wh"}}
        made["meterValue"] = [{"timestamp": "2026-06-01T12:00:00Z", "sampledValue": [sample]}]
    return made
