"""The story behind tests/scenarios/test_certificates_over_ocpp.py: one site and three back-ends.

`play` lets it happen: the station is sent on to back-ends with mutual TLS, is given roots and loses them, has
contracts and firmware judged, and its own certificates renewed. `Told` is what is known of it afterwards.
"""

from __future__ import annotations

import contextlib
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from actors.simulation.csms.authority import Use
from certs import pki
from certs.names import common_name
from certs.pem import load_certificates, to_pem
from tests.interop.ocpp_service import foreign, signed
from tests.support.charging_site import Car
from tests.support.multiplexed import living_pki
from tests.support.running_site import wait_for
from tests.support.schedule_story import put_variable
from tests.support.short_leaves import short_csms_leaf, short_secc_leaf
from tests.support.station_clock import StationClock, moment_of
from tests.support.stores import put
from tests.support.story import Csms, Story

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

FOREIGN, GOOD = 1, 2
"""Slots of the back-ends with TLS."""
MUTUAL: Final = ("--profile", "3")
DOMAINS: Final = ("V2G", "MO", "CSMS", "MF")
LISTED: Final = {
    "V2GRootCertificate": "ca/v2g/V2G_ROOT_CA.pem",
    "MORootCertificate": "ca/mo/MO_ROOT_CA.pem",
    "CSMSRootCertificate": "ca/csms/CSMS_ROOT_CA.pem",
    "ManufacturerRootCertificate": "ca/mf/MF_ROOT_CA.pem",
    "V2GCertificateChain": "client/cso/CPO_CERT_CHAIN.pem",
}
"""The files of the store behind each type of certificate."""
LINK: Final = "v2g_1/charger"
KINDS: Final = (Use.V2G, Use.STATION)
Payload = dict[str, Any]


@dataclass(kw_only=True)
class Told:
    """What has happened; by what was tried, what the answer was."""

    story: Story
    foreign: Csms
    good: Csms
    has_root: list[dict[str, bool]] = field(default_factory=list)
    """By domain: at first, after the installations, after the deletions."""
    installed: dict[str, Payload] = field(default_factory=dict)
    listed: dict[str, Payload] = field(default_factory=dict)
    kept: dict[str, list[x509.Certificate]] = field(default_factory=dict)
    """What was in the store's files at the same time."""
    deleted: dict[str, Payload] = field(default_factory=dict)
    tokens: dict[str, Payload] = field(default_factory=dict)
    updates: dict[str, Payload] = field(default_factory=dict)
    shown: x509.Certificate | None = None
    """To cars before it was renewed."""
    shown_later: x509.Certificate | None = None
    signed: dict[Use, Payload] = field(default_factory=dict)

    def events(self, kind: str) -> list[Payload]:
        return [each for each in self.good.said("SecurityEventNotification") if each["type"] == kind]

    def greeted(self) -> list[str]:
        """What the right back-end has seen of each connection."""
        return [each["text"] for each in self.good.entries() if each["kind"] == "connected"]


def profile(slot: int, port: int) -> Payload:
    return {
        "configurationSlot": slot,
        "connectionData": {
            "ocppCsmsUrl": f"wss://127.0.0.1:{port}", "ocppInterface": "Wired0", "ocppTransport": "JSON",
            "ocppVersion": "OCPP20", "securityProfile": 3, "messageTimeout": 30,
        },
    }  # fmt: skip


def move(told: Told, clock: StationClock) -> None:
    """The first back-end sends the station on."""
    first = told.story.csms
    put_variable(first, "OCPPCommCtrlr", "NetworkProfileConnectionAttempts", "1")
    for slot, csms in ((FOREIGN, told.foreign), (GOOD, told.good)):
        assert first.call("SetNetworkProfile", profile(slot, csms.port))["status"] == "Accepted"
    put_variable(first, "OCPPCommCtrlr", "NetworkConfigurationPriority", f"{FOREIGN},{GOOD}")
    clock.reconnect()
    wait_for(lambda: told.good.said("BootNotification"), "the station to boot at the last of them")


def has_root(told: Told) -> dict[str, bool]:
    """As the station's certificate manager says, by domain."""
    ask = told.story.gateway.ask
    found = {
        each: ask("certificates/main", "is_ca_certificate_installed", certificate_type=each)["installed"]
        for each in DOMAINS
    }
    told.has_root.append(found)
    return found


def installation(kind: str, certificate: x509.Certificate) -> Payload:
    return {"certificateType": kind, "certificate": to_pem([certificate]).decode()}


def install(told: Told) -> None:
    """Roots that are good, and others."""
    call, made, there = told.good.call, living_pki(), told.installed
    has_root(told)
    for kind, name in (("ManufacturerRootCertificate", "MF_ROOT_CA"), ("MORootCertificate", "MO_ROOT_CA")):
        there[name] = call("InstallCertificate", installation(kind, made[name].certificate))
    has_root(told)
    leaf = installation("MORootCertificate", made["MO_LEAF"].certificate)
    there["no root"] = call("InstallCertificate", leaf)
    there["no certificate"] = call("InstallCertificate", leaf | {"certificate": "nonsense"})
    told.listed = {kind: call("GetInstalledCertificateIds", {"certificateType": [kind]}) for kind in LISTED}
    told.kept = {
        kind: load_certificates((told.story.certs / file).read_bytes()) for kind, file in LISTED.items()
    }


def delete(told: Told) -> None:
    """A root that is there, twice, and all of a domain."""
    call, made = told.good.call, living_pki()
    root = made["MF_ROOT_CA"].certificate
    for each in ("there", "gone"):
        told.deleted[each] = call("DeleteCertificate", {"certificateHashData": hash_data(root, root)})
    for name in ("V2G_ROOT_CA", "V2G_ROOT_CA_20"):
        root = made[name].certificate
        told.deleted[name] = call("DeleteCertificate", {"certificateHashData": hash_data(root, root)})
    has_root(told)


def hash_data(certificate: x509.Certificate, issuer: x509.Certificate) -> dict[str, str]:
    """As the package `cryptography` makes it for OCSP."""
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": asked.issuer_name_hash.hex(),
        "issuerKeyHash": asked.issuer_key_hash.hex(),
        "serialNumber": f"{certificate.serial_number:x}",
    }


def contracts(told: Told) -> None:
    """A good contract and a forged one, as a car's link would have them judged."""
    forged = pki.broken(living_pki(), "MO_LEAF", "wrong-signature")
    chains = {"good": living_pki()["MO_LEAF"].chain, "forged": (forged.leaf, *forged.received)}
    for name, chain in chains.items():
        token = {
            "id_token": {"value": common_name(chain[0]), "type": "eMAID"},
            "authorization_type": "PlugAndCharge",
            "certificate": to_pem(chain).decode(),
        }
        told.tokens[name] = told.story.gateway.ask(
            "ocpp/auth_validator", "validate_token", provided_token=token
        )


def updates(told: Told) -> None:
    """Firmware for next year, signed with a certificate of our maker's, and of another one's."""
    later = (datetime.now(UTC) + timedelta(days=300)).isoformat()
    for number, (name, made) in enumerate({"bad": foreign(), "good": living_pki()}.items()):
        firmware = {
            "location": "https://127.0.0.1:1/firmware", "retrieveDateTime": later, "signature": "AAAA",
            "signingCertificate": to_pem([made["MF_LEAF"].certificate]).decode(),
        }  # fmt: skip
        wanted = {"requestId": number, "firmware": firmware}
        told.updates[name] = told.good.call("UpdateFirmware", wanted)


def renew(told: Told, clock: StationClock) -> None:
    """A minute after the boot both leaves are renewed, and the connection with them."""
    accepted = next(
        each
        for each in told.story.csms.entries()
        if each.get("action") == "BootNotification" and each["direction"] == "out"
    )
    told.shown = clock.look(LINK, told.story.state / "car/ca/v2g/V2G_ROOT_CA.pem").leaf
    clock.jump_to(clock.shown(moment_of(accepted["at"])) + timedelta(seconds=60))
    clock.reconnect()
    wait_for(lambda: len(told.greeted()) > 2, "a connection with the renewed certificate")
    wait_for(lambda: told.story.logged("ocsp_refreshed"), "OCSP responses for the renewed leaf")
    told.shown_later = clock.look(LINK, told.story.state / "car/ca/v2g/V2G_ROOT_CA.pem").leaf


def signatures(told: Told) -> None:
    """Certificates of a stranger for requests of the station."""
    for use in KINDS:
        request = asked(told, use)[0]
        wanted = {
            "certificateType": use.value, "requestId": request["requestId"],
            "certificateChain": signed(request["csr"], use, foreign()),
        }  # fmt: skip
        told.signed[use] = told.good.call("CertificateSigned", wanted)
    kind = "InvalidChargingStationCertificate"
    wait_for(lambda: len(told.events(kind)) >= len(KINDS), "security events for strange certificates")


def asked(told: Told, use: Use) -> list[Payload]:
    """The requests of the station for such a certificate."""
    return [each for each in told.good.said("SignCertificate") if each["certificateType"] == use]


def furnish(state: Path) -> None:
    """Own certificates that end soon, no roots for contracts and firmware, and a back-end of strangers."""
    short_secc_leaf(state)
    short_csms_leaf(state)
    for name in ("mo/MO_ROOT_CA.pem", "mf/MF_ROOT_CA.pem"):
        (state / "certs/ca" / name).unlink()
    for name, file in pki.files(foreign(), with_broken=False).items():
        put(state.parent / "foreign/pki" / name, file.content, file.mode)


def play(directory: Path) -> Told:
    """Let it happen, with all files in this directory."""
    (directory / "good").mkdir()
    with contextlib.ExitStack() as ends:
        story = ends.enter_context(
            Story(directory, {1: Car(speaks=True)}, prepare=furnish, options=("--faults",))
        )
        keys = {"good": story.state / "car", "foreign": directory / "foreign/pki"}
        with ThreadPoolExecutor() as pool:
            begun = [pool.submit(Csms, directory / each, pki=keys[each], options=MUTUAL) for each in keys]
        good, strange = (each.result() for each in begun)
        ends.callback(good.close)
        ends.callback(strange.close)
        clock = ends.enter_context(StationClock(story.state))
        told = Told(story=story, foreign=strange, good=good)
        move(told, clock)
        install(told)
        contracts(told)
        updates(told)
        renew(told, clock)
        signatures(told)
        delete(told)
        story.site.stop(signal.SIGTERM)
    return told
