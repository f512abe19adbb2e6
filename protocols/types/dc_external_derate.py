"""Limits that a DC output must keep below its own.

Mirror of EVerest's types file `dc_external_derate`.
"""

from typing import Annotated

from pydantic import Field

from protocols.message import message


@message
class ExternalDerating:
    """Upper bounds laid on a DC supply from outside; an absent one does not bind."""

    max_export_current_a: Annotated[float | None, Field(alias="max_export_current_A")] = None
    """Towards the car."""
    max_import_current_a: Annotated[float | None, Field(alias="max_import_current_A")] = None
    """From the car."""
    max_export_power_w: Annotated[float | None, Field(alias="max_export_power_W")] = None
    """Towards the car."""
    max_import_power_w: Annotated[float | None, Field(alias="max_import_power_W")] = None
    """From the car."""
