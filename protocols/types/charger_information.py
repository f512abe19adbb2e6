"""The name plate of a charging station.

Mirror of EVerest's types file `charger_information`.
"""

from protocols.message import message


@message
class ChargerInformation:
    """Who made the station and what it is; all but the firmware version is fixed for its life."""

    vendor: str
    """Brand name without legal form; with the model it names the product."""
    model: str
    """Product name without vendor and without anything that differs from device to device."""
    chargepoint_serial: str | None = None
    """Serial number on the device's label; not always digits only."""
    chargebox_serial: str | None = None
    """The controller inside has a number of its own."""
    friendly_name: str | None = None
    """How the device introduces itself in network listings."""
    manufacturer: str | None = None
    """Company name, possibly with its legal form."""
    manufacturer_url: str | None = None
    """The company's web site."""
    model_url: str | None = None
    """The product's web site."""
    model_number: str | None = None
    model_revision: str | None = None
    """Revision of the product; often absent for the first."""
    board_revision: str | None = None
    """Revision of the main circuit board."""
    firmware_version: str | None = None
    """Version of the whole system's firmware as its maker counts it."""
