"""What the site of deploy/demo.yaml needs around it, made on first use below the state directory.

    certs/              a test PKI, as `evsite pki init` makes it; one that has expired is made anew
    car_2/              what a car has that has no contract yet: the roots, and the certificate of its maker
    component_config/   the device model of OCPP, with the address of the back-end; the rest is the operator's

Whatever else is found in those places is left alone.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from actors.certificates.pki_files import write_file
from actors.ocpp.assembly import lay_out
from actors.ocpp.device_model.generation import Evse, Outlet
from certs import pem, pki
from certs.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CERTIFICATES: Final = "certs"
CAR: Final = "car_2"
CAR_HAS: Final = ("ca/v2g/", "ca/mo/", "client/oem/")
"""Its own and what it trusts; no contract: that is what it gets from the station."""
DEVICE_MODEL: Final = "component_config"
LEAST_LEFT: Final = timedelta(days=1)
"""A PKI that does not hold on so long is as good as expired."""
EVSES: Final = (
    Evse(max_power_w=11_000),
    Evse(max_power_w=150_000, supply_phases=0, connectors=(Outlet(type="cCCS2", supply_phases=0),)),
)
SAMPLES_S: Final = 5
"""Between two meter values that the back-end gets: soon enough for people who watch."""
ENDLESS_ATTEMPTS: Final = 1000
"""How often a back-end that is not there is dialled before the next one is tried; there is one only."""


class PreparationError(Exception):
    """Something is in the way; the text says what and what to do."""


def prepare(state: Path, csms_url: str, now: datetime | None = None) -> bool:
    """Make what is missing; return whether the PKI is a new one.

    `csms_url` is where stations find the back-end, without their identity. PreparationError; OSError.
    """
    made = make_certificates(state, now or datetime.now(UTC))
    make_device_model(state / DEVICE_MODEL, csms_url)
    return made


def make_certificates(state: Path, now: datetime) -> bool:
    """The test PKI and the car's part of it; True where they were made."""
    certificates = state / CERTIFICATES
    if certificates.exists() and not (certificates / "authorities").is_dir():
        raise PreparationError(
            f"{certificates} is no test PKI: the demonstration touches nobody's certificates; give --state"
        )
    if certificates.exists() and not _has_expired(certificates, now):
        if not (state / CAR).exists():
            _copy_car(certificates, state / CAR)
        return False
    made = pki.files(pki.build(pki.Options(now=now)), with_broken=False)
    _write(certificates, made)
    car = {name: file for name, file in made.items() if name.startswith(CAR_HAS)}
    _write(state / CAR, car)
    return True


def _has_expired(certificates: Path, now: datetime) -> bool:
    try:
        chain = pem.load_certificates((certificates / "client/cso/CPO_CERT_CHAIN.pem").read_bytes())
    except (OSError, CertificateError):
        return True
    return min(one.not_valid_after_utc for one in chain) < now + LEAST_LEFT


def _write(directory: Path, files: Mapping[str, pki.File]) -> None:
    """Whole or not at all; what was there goes."""
    making = directory.with_name(f"{directory.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    for name, file in files.items():
        write_file(making / name, file.content, file.mode, durable=False)
    shutil.rmtree(directory, ignore_errors=True)
    making.rename(directory)


def _copy_car(certificates: Path, car: Path) -> None:
    """For a PKI that somebody has made by `evsite pki init`."""
    found = {
        str(path.relative_to(certificates)): pki.File(path.read_bytes(), path.stat().st_mode & 0o777)
        for folder in CAR_HAS
        for path in sorted((certificates / folder).rglob("*"))
        if path.is_file()
    }
    _write(car, found)


def make_device_model(directory: Path, csms_url: str) -> None:
    """The shipped device model for the two EVSEs, if there is none, with the back-end's address in it."""
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        lay_out(directory, EVSES)
    _set(directory, "InternalCtrlr", {
        "NetworkConnectionProfiles": json.dumps([_profile(csms_url)]),
    })  # fmt: skip
    _set(directory, "OCPPCommCtrlr", {"NetworkProfileConnectionAttempts": ENDLESS_ATTEMPTS})
    _set(directory, "SampledDataCtrlr", {"TxUpdatedInterval": SAMPLES_S})


def _profile(csms_url: str) -> Mapping[str, Any]:
    data = {
        "messageTimeout": 30,
        "ocppCsmsUrl": csms_url.rstrip("/"),
        "ocppInterface": "Wired0",
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP20",
        "securityProfile": 1,
    }
    return {"configurationSlot": 1, "connectionData": data}


def _set(directory: Path, component: str, values: Mapping[str, object]) -> None:
    """Give variables of a component file other values; a file that says so already is not touched."""
    path = directory / "standardized" / f"{component}.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        changed = [_put(content["properties"][name]["attributes"], value) for name, value in values.items()]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise PreparationError(
            f"{path} is not as it was made ({error}); remove {directory} or give --state"
        ) from None
    if any(changed):
        write_file(path, (json.dumps(content, indent=2) + "\n").encode(), 0o644)


def _put(attributes: Iterable[dict[str, Any]], value: object) -> bool:
    """Set the Actual attribute; whether it was another."""
    (actual,) = [one for one in attributes if one.get("type", "Actual") == "Actual"]
    before, actual["value"] = actual.get("value"), value
    return before != value


__all__ = ["PreparationError", "make_certificates", "make_device_model", "prepare"]
