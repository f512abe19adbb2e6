"""A device that watches the isolation of a DC output (IEC 61557-8), before and while energy flows.

Low resistance is no error here: it is published as measured, and the EVSE manager judges it.
"""

from typing import Annotated, Final

from pydantic import Field

from protocols import errors, types
from protocols.message import Command, Var, message

NAME: Final = "isolation_monitor"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.IsolationMonitor,)
"""What its providers may raise."""


@message
class Start(Command):
    """Begin to measure and to publish, at the device's own pace."""


@message
class Stop(Command):
    """Stop measuring and publishing."""


@message
class StartSelfTest(Command):
    """Have the device test itself during cable check; answered at once, the outcome comes as
    `SelfTestResult`.
    """

    test_voltage_v: Annotated[float, Field(alias="test_voltage_V")]
    """What the output carries meanwhile."""


@message
class IsolationMeasurement(Var):
    """What was measured."""

    measurement: types.isolation_monitor.IsolationMeasurement


@message
class SelfTestResult(Var):
    """How the self-test ended."""

    passed: bool
