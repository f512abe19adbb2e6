"""Where a talk of ISO 15118-20 is, by what is asked next. Pure."""

from __future__ import annotations

import enum


class Phase(enum.StrEnum):
    """The phases of both energy modes."""

    SESSION_SETUP = "SessionSetup"
    AUTHORIZATION_SETUP = "AuthorizationSetup"
    CERTIFICATE_INSTALLATION = "CertificateInstallation"
    AUTHORIZATION = "Authorization"
    SERVICE_DISCOVERY = "ServiceDiscovery"
    SERVICE_DETAIL = "ServiceDetail"
    SERVICE_SELECTION = "ServiceSelection"
    CHARGE_PARAMETERS = "ChargeParameterDiscovery"
    SCHEDULE_EXCHANGE = "ScheduleExchange"
    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    POWER_START = "PowerDeliveryStart"
    CHARGE_LOOP = "ChargeLoop"
    METERING_CONFIRMATION = "MeteringConfirmation"
    RESCHEDULE = "ScheduleRenegotiation"
    RENEGOTIATE = "PowerDeliveryRenegotiate"
    POWER_STOP = "PowerDeliveryStop"
    WELDING_DETECTION = "WeldingDetection"
    SESSION_STOP = "SessionStop"
