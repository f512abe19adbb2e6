"""The meter in simulated devices: what the plant has counted, signed where that is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.drivers import ocmf
from actors.drivers.base import Powermeter
from actors.simulation.drivers.meter_key import load_key
from actors.simulation.drivers.plant_driver import PlantDriver
from actors.simulation.plant.messages import Fault
from protocols import errors
from protocols.interfaces import powermeter
from protocols.types import powermeter as types
from protocols.types import units, units_signed
from protocols.types.error_history import Severity
from protocols.types.powermeter import TransactionRequestStatus as Status

if TYPE_CHECKING:
    from actors.simulation.plant.messages import Plant

READ_S: Final = 1.0


class SimulatedMeter(PlantDriver, Powermeter):
    """A meter whose register is the plant's. Its successor reads it again; a record that its predecessor had
    opened is open still, and its key is in the site's state directory.
    """

    def __init__(self) -> None:
        super().__init__()
        self._signer: ocmf.Signer | None = None
        self._record: types.TransactionReq | None = None
        self._start: types.Powermeter | None = None

    @property
    def meter_id(self) -> str:
        """What is printed on the case."""
        return f"SIM-{self.module_id}"

    def open_device(self) -> None:
        """Look at the plant, and find the key where values are to be signed."""
        if self.parameters.get("ocmf_signed"):
            path = Path(self.config["state"]) / f"{self.module_id}.meter.key"
            self._signer = ocmf.Signer(load_key(path), self.meter_id)
        super().open_device()

    def on_ready(self) -> None:
        """Read once a second."""
        super().on_ready()
        if self._signer is not None:
            self.tell_public_key(self._signer.public_key)
        self._read()

    def seen(self, plant: Plant, before: Plant | None) -> None:
        """The first look is the first reading; a car that is plugged in has the register begin anew."""
        if before is None or (plant.plugged and not before.plugged) or plant.shown != before.shown:
            self._tell(plant)
        if self.name_of(powermeter) is None:
            return
        raising = self.errors_of(powermeter)
        if Fault.METER_SILENT in plant.faults:
            raising.raise_error(
                errors.Generic.COMMUNICATION_FAULT, "the meter does not answer", severity=Severity.MEDIUM
            )
        else:
            raising.clear_error(errors.Generic.COMMUNICATION_FAULT)

    def _read(self) -> None:
        if self.plant is not None:
            self._tell(self.plant)
        self.start_timer("read", READ_S, self._read)

    def _tell(self, plant: Plant) -> None:
        if Fault.METER_SILENT not in plant.faults:
            self.tell_reading(self.reading(plant))

    def reading(self, plant: Plant) -> types.Powermeter:
        """What the meter shows."""
        dc, shown = bool(self.config.get("dc")), plant.shown
        lines = min(plant.phases, 3)
        voltage_v = plant.voltage_v if shown.voltage_v is None else shown.voltage_v
        current_a = plant.current_a if shown.current_a is None else shown.current_a
        volts = [voltage_v] + [voltage_v if lines > 1 else 0.0] * 2
        amperes = [current_a] + [current_a if lines > 1 else 0.0] * 2
        return types.Powermeter(
            timestamp=self.port.clock.now(),
            meter_id=self.meter_id,
            energy_wh_import=units.Energy(
                total_wh=plant.energy_wh if shown.energy_wh is None else shown.energy_wh
            ),
            energy_wh_export=units.Energy(
                total_wh=plant.energy_back_wh if shown.energy_back_wh is None else shown.energy_back_wh
            ),
            power_w=units.Power(total_w=plant.power_w if shown.power_w is None else shown.power_w),
            voltage_v=(
                units.Voltage(dc_v=voltage_v)
                if dc
                else units.Voltage(l1_v=volts[0], l2_v=volts[1], l3_v=volts[2])
            ),
            current_a=(
                units.Current(dc_a=current_a)
                if dc
                else units.Current(l1_a=amperes[0], l2_a=amperes[1], l3_a=amperes[2])
            ),
            frequency_hz=None if dc else units.Frequency(l1_hz=50.0),
        )

    # -- records -------------------------------------------------------------------------------------------

    def start_transaction(self, request: types.TransactionReq) -> types.TransactionStartResponse:
        """Open a record; one that is open already for the same transaction stays as it began."""
        if self._signer is None:
            return super().start_transaction(request)
        if self.plant is None or Fault.METER_SILENT in self.plant.faults:
            return types.TransactionStartResponse(status=Status.UNEXPECTED_ERROR, error="no reading")
        if self._record is None or self._record.transaction_id != request.transaction_id:
            self._record, self._start = request, self.reading(self.plant)
        return types.TransactionStartResponse(status=Status.OK)

    def stop_transaction(self, transaction_id: str) -> types.TransactionStopResponse:
        """Close it and hand it over."""
        if self._signer is None:
            return super().stop_transaction(transaction_id)
        record, start = self._record, self._start
        if record is None or start is None or transaction_id not in {"", record.transaction_id}:
            return types.TransactionStopResponse(status=Status.UNEXPECTED_ERROR, error="no such record")
        if self.plant is None:
            return types.TransactionStopResponse(status=Status.UNEXPECTED_ERROR, error="no reading")
        end = self.reading(self.plant)
        text = self._signer.record(record, start, end)
        self._record = self._start = None
        return types.TransactionStopResponse(
            status=Status.OK,
            signed_meter_value=units_signed.SignedMeterValue(
                signed_meter_data=text,
                signing_method=ocmf.METHOD,
                encoding_method="OCMF",
                public_key=self._signer.public_key,
                timestamp=end.timestamp,
            ),
        )
