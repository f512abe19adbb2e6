"""The variables that evsite acts upon, and those that a station must have (rows S20.5, M11.11, M9.8).

Their names are EVerest's and the standard's; defaults hold where a device model leaves a variable out.
"""

from __future__ import annotations

from typing import Final

from actors.ocpp.device_model import steering
from actors.ocpp.device_model.names import VariableName
from actors.ocpp.device_model.steering import Need, Steering, boolean, decimal, integer, listed, text

MUST: Final = Need.ALWAYS
SHALL: Final = Need.WITH_COMPONENT

# the station and its parts
STATION_AVAILABILITY = text("ChargingStation", "AvailabilityState", "Available", need=MUST)
STATION_AVAILABLE = boolean("ChargingStation", "Available", default=True, need=MUST)
STATION_PROBLEM = boolean("ChargingStation", "Problem", default=False)
ALLOW_NEW_SESSIONS = boolean("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate", default=False)
STATION_SUPPLY_PHASES = integer("ChargingStation", "SupplyPhases", None, need=MUST)
STATION_MODEL = text("ChargingStation", "Model", None)
STATION_VENDOR = text("ChargingStation", "VendorName", None)
EVSE_AVAILABILITY = text("EVSE", "AvailabilityState", "Unavailable", need=MUST)
EVSE_AVAILABLE = boolean("EVSE", "Available", default=True, need=MUST)
EVSE_ALLOW_RESET = boolean("EVSE", "AllowReset", default=False)
EVSE_ID = text("EVSE", "ISO15118EvseId", None)
EVSE_POWER = decimal("EVSE", "Power", None, unit="W", need=MUST)
EVSE_PROBLEM = boolean("EVSE", "Problem", default=False)
EVSE_SUPPLY_PHASES = integer("EVSE", "SupplyPhases", None, need=MUST)
CONNECTOR_AVAILABILITY = text("Connector", "AvailabilityState", "Unavailable")
CONNECTOR_AVAILABLE = boolean("Connector", "Available", default=True, need=MUST)
CONNECTOR_PROBLEM = boolean("Connector", "Problem", default=False)
CONNECTOR_SUPPLY_PHASES = integer("Connector", "SupplyPhases", None, need=MUST)
CONNECTOR_TYPE = text("Connector", "ConnectorType", None, need=MUST)

# who the station is, and the connection to the CSMS
BOX_SERIAL_NUMBER = text("InternalCtrlr", "ChargeBoxSerialNumber", None, need=MUST)
CHARGE_POINT_ID = text("InternalCtrlr", "ChargePointId", None, need=MUST, after_restart=True)
CHARGE_POINT_MODEL = text("InternalCtrlr", "ChargePointModel", None, need=MUST)
CHARGE_POINT_VENDOR = text("InternalCtrlr", "ChargePointVendor", None, need=MUST)
FIRMWARE_VERSION = text("InternalCtrlr", "FirmwareVersion", None, need=MUST)
ICCID = text("InternalCtrlr", "ICCID", None)
IMSI = text("InternalCtrlr", "IMSI", None)
NETWORK_PROFILES = text("InternalCtrlr", "NetworkConnectionProfiles", None, need=MUST)
SUPPORTED_VERSIONS = listed(
    "InternalCtrlr", "SupportedOcppVersions", ("ocpp2.1", "ocpp2.0.1"), need=MUST, after_restart=True
)
SECURITY_PROFILE_ZERO = boolean("InternalCtrlr", "AllowSecurityLevelZeroConnections", default=False)
CIPHERS_12 = listed("InternalCtrlr", "SupportedCiphers12", None, need=MUST)
CIPHERS_13 = listed("InternalCtrlr", "SupportedCiphers13", None, need=MUST)
USE_SYSTEM_ROOTS = boolean("InternalCtrlr", "UseSslDefaultVerifyPaths", default=True)
VERIFY_COMMON_NAME = boolean("InternalCtrlr", "VerifyCsmsCommonName", default=True)
ALLOW_WILDCARDS = boolean("InternalCtrlr", "VerifyCsmsAllowWildcards", default=False)
PING_PAYLOAD = text("InternalCtrlr", "WebsocketPingPayload", "hello there")
PONG_TIMEOUT = integer("InternalCtrlr", "WebsocketPongTimeout", 5, unit="s")
NETWORK_TIMEOUT = integer("InternalCtrlr", "NetworkConfigTimeout", 60, unit="s")
MAX_MESSAGE_SIZE = integer("InternalCtrlr", "MaxMessageSize", 32_000, unit="B")
MESSAGE_QUEUE_SIZE = integer("InternalCtrlr", "MessageQueueSizeThreshold", None)
LOG_MESSAGES = boolean("InternalCtrlr", "LogMessages", default=True, after_restart=True)
LOG_FORMATS = listed(
    "InternalCtrlr", "LogMessagesFormat", ("log", "html", "security"), need=MUST, after_restart=True
)
LOG_RAW = boolean("InternalCtrlr", "LogMessagesRaw", default=False, after_restart=True)
LOG_ROTATION = boolean("InternalCtrlr", "LogRotation", default=False, after_restart=True)
LOG_DATED = boolean("InternalCtrlr", "LogRotationDateSuffix", default=False, after_restart=True)
LOG_MAX_BYTES = integer("InternalCtrlr", "LogRotationMaximumFileSize", 0, unit="B", after_restart=True)
LOG_MAX_FILES = integer("InternalCtrlr", "LogRotationMaximumFileCount", 0, after_restart=True)
SUPPORTED_CRITERIA = listed(
    "InternalCtrlr", "SupportedCriteria", ("Enabled", "Active", "Available", "Problem")
)
ROUND_ALIGNED_TIMES = boolean("InternalCtrlr", "RoundClockAlignedTimestamps", default=False)
RESUME_TRANSACTIONS = boolean("InternalCtrlr", "ResumeTransactionsOnBoot", default=True)

ACTIVE_NETWORK_PROFILE = integer("OCPPCommCtrlr", "ActiveNetworkProfile", None)
FILE_TRANSFER_PROTOCOLS = listed("OCPPCommCtrlr", "FileTransferProtocols", None, need=MUST)
EXTERNAL_CHANGE = text("OCPPCommCtrlr", "ExternalConfigChangeDate", None)
HEARTBEAT_INTERVAL = integer("OCPPCommCtrlr", "HeartbeatInterval", 1800, unit="s")
MESSAGE_TIMEOUT = integer("OCPPCommCtrlr", "MessageTimeout", 60, instance="Default", unit="s", need=MUST)
MESSAGE_ATTEMPT_INTERVAL = integer(
    "OCPPCommCtrlr", "MessageAttemptInterval", 10, instance="TransactionEvent", unit="s", need=MUST
)
MESSAGE_ATTEMPTS = integer("OCPPCommCtrlr", "MessageAttempts", 5, instance="TransactionEvent", need=MUST)
MINIMUM_STATUS_DURATION = integer("OCPPCommCtrlr", "MinimumStatusDuration", 0, unit="s")
NETWORK_PRIORITY = listed("OCPPCommCtrlr", "NetworkConfigurationPriority", None, need=MUST)
NETWORK_ATTEMPTS = integer("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", 3, need=MUST)
OFFLINE_THRESHOLD = integer("OCPPCommCtrlr", "OfflineThreshold", 60, unit="s", need=MUST)
PUBLIC_KEY_WITH_VALUES = text("OCPPCommCtrlr", "PublicKeyWithSignedMeterValue", "Never")
QUEUE_ALL_MESSAGES = boolean("OCPPCommCtrlr", "QueueAllMessages", default=False)
MESSAGES_NOT_QUEUED = listed("OCPPCommCtrlr", "MessageTypesDiscardForQueueing", ())
RESET_RETRIES = integer("OCPPCommCtrlr", "ResetRetries", 3, need=MUST)
BACK_OFF_RANDOM = integer("OCPPCommCtrlr", "RetryBackOffRandomRange", 2, unit="s", need=MUST)
BACK_OFF_REPEATS = integer("OCPPCommCtrlr", "RetryBackOffRepeatTimes", 2, need=MUST)
BACK_OFF_MINIMUM = integer("OCPPCommCtrlr", "RetryBackOffWaitMinimum", 1, unit="s", need=MUST)
UNLOCK_ON_DISCONNECT = boolean("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", default=True, need=MUST)
PING_INTERVAL = integer("OCPPCommCtrlr", "WebSocketPingInterval", 30, unit="s", need=MUST)

# security and certificates
BASIC_AUTH_PASSWORD = text("SecurityCtrlr", "BasicAuthPassword", None)
CERTIFICATE_ENTRIES = integer("SecurityCtrlr", "CertificateEntries", 0, need=MUST)
CSR_REPEATS = integer("SecurityCtrlr", "CertSigningRepeatTimes", 3)
CSR_WAIT_MINIMUM = integer("SecurityCtrlr", "CertSigningWaitMinimum", 30, unit="s")
IDENTITY = text("SecurityCtrlr", "Identity", None, need=MUST, after_restart=True)
MAX_CHAIN_SIZE = integer("SecurityCtrlr", "MaxCertificateChainSize", None, unit="B")
CSMS_ORGANIZATION = text("SecurityCtrlr", "OrganizationName", None, need=MUST)
SECURITY_PROFILE = integer("SecurityCtrlr", "SecurityProfile", None, need=MUST)
ADDITIONAL_ROOT_CHECK = boolean("SecurityCtrlr", "AdditionalRootCertificateCheck", default=False)
ALLOW_DOWNGRADE = boolean("SecurityCtrlr", "AllowSecurityProfileDowngrade", default=False)
CSMS_ROOT_UNSECURED = boolean("InternalCtrlr", "AllowCSMSRootCertInstallWithUnsecureConnection", default=True)
MF_ROOT_UNSECURED = boolean("InternalCtrlr", "AllowMFRootCertInstallWithUnsecureConnection", default=True)
V2G_CHECK_DELAY = integer("InternalCtrlr", "V2GCertificateExpireCheckInitialDelaySeconds", 60, unit="s")
V2G_CHECK_INTERVAL = integer("InternalCtrlr", "V2GCertificateExpireCheckIntervalSeconds", 43_200, unit="s")
CLIENT_CHECK_DELAY = integer("InternalCtrlr", "ClientCertificateExpireCheckInitialDelaySeconds", 60, unit="s")
CLIENT_CHECK_INTERVAL = integer(
    "InternalCtrlr", "ClientCertificateExpireCheckIntervalSeconds", 43_200, unit="s"
)
OCSP_INTERVAL = integer("InternalCtrlr", "OcspRequestInterval", 604_800, unit="s")

# Plug & Charge
ISO15118_ENABLED = boolean("ISO15118Ctrlr", "Enabled", default=True)
PNC_ENABLED = boolean("ISO15118Ctrlr", "PnCEnabled", default=False)
CENTRAL_VALIDATION = boolean("ISO15118Ctrlr", "CentralContractValidationAllowed", default=False)
VALIDATION_OFFLINE = boolean("ISO15118Ctrlr", "ContractValidationOffline", default=True, need=SHALL)
CONTRACT_INSTALLATION = boolean("ISO15118Ctrlr", "ContractCertificateInstallationEnabled", default=False)
V2G_INSTALLATION = boolean("ISO15118Ctrlr", "V2GCertificateInstallationEnabled", default=None)
SECC_ID = text("ISO15118Ctrlr", "SeccId", None)
SECC_COUNTRY = text("ISO15118Ctrlr", "CountryName", None)
SECC_ORGANIZATION = text("ISO15118Ctrlr", "OrganizationName", None)

# authorization
AUTH_ENABLED = boolean("AuthCtrlr", "Enabled", default=True)
AUTHORIZE_REMOTE_START = boolean("AuthCtrlr", "AuthorizeRemoteStart", default=True, need=MUST)
LOCAL_AUTHORIZE_OFFLINE = boolean("AuthCtrlr", "LocalAuthorizeOffline", default=True, need=MUST)
LOCAL_PRE_AUTHORIZE = boolean("AuthCtrlr", "LocalPreAuthorize", default=True, need=MUST)
MASTER_PASS_GROUP = text("AuthCtrlr", "MasterPassGroupId", "")
OFFLINE_UNKNOWN_IDS = boolean("AuthCtrlr", "OfflineTxForUnknownIdEnabled", default=True)
NO_REMOTE_AUTHORIZATION = boolean("AuthCtrlr", "DisableRemoteAuthorization", default=False)
CACHE_AVAILABLE = boolean("AuthCacheCtrlr", "Available", default=True)
CACHE_ENABLED = boolean("AuthCacheCtrlr", "Enabled", default=True)
CACHE_LIFE_TIME = integer("AuthCacheCtrlr", "LifeTime", None, unit="s")
CACHE_POLICY = text("AuthCacheCtrlr", "Policy", "LRU")
CACHE_STORAGE = integer("AuthCacheCtrlr", "Storage", None, unit="B")
CACHE_NO_POST_AUTHORIZE = boolean("AuthCacheCtrlr", "DisablePostAuthorize", default=False)
LIST_AVAILABLE = boolean("LocalAuthListCtrlr", "Available", default=True)
LIST_ENABLED = boolean("LocalAuthListCtrlr", "Enabled", default=True)
LIST_ENTRIES = integer("LocalAuthListCtrlr", "Entries", 0, need=SHALL)
LIST_BYTES = integer("LocalAuthListCtrlr", "BytesPerMessage", None, unit="B", need=SHALL)
LIST_ITEMS = integer("LocalAuthListCtrlr", "ItemsPerMessage", None, need=SHALL)
LIST_STORAGE = integer("LocalAuthListCtrlr", "Storage", None, unit="B")
LIST_NO_POST_AUTHORIZE = boolean("LocalAuthListCtrlr", "DisablePostAuthorize", default=False)
LIST_EXPIRY = boolean("LocalAuthListCtrlr", "SupportsExpiryDateTime", default=False)

# transactions and meter values
CONNECTION_TIMEOUT = integer("TxCtrlr", "EVConnectionTimeOut", 120, unit="s", need=MUST)
MAX_ENERGY_INVALID_ID = integer("TxCtrlr", "MaxEnergyOnInvalidId", None, unit="Wh")
STOP_ON_DISCONNECT = boolean("TxCtrlr", "StopTxOnEVSideDisconnect", default=True, need=MUST)
STOP_ON_INVALID_ID = boolean("TxCtrlr", "StopTxOnInvalidId", default=True, need=MUST)
BEFORE_ACCEPTED = boolean("TxCtrlr", "TxBeforeAcceptedEnabled", default=False)
START_POINTS = listed("TxCtrlr", "TxStartPoint", ("PowerPathClosed",), need=MUST)
STOP_POINTS = listed("TxCtrlr", "TxStopPoint", ("EVConnected", "Authorized"), need=MUST)
ENERGY_RESUMPTION = boolean("TxCtrlr", "AllowEnergyTransferResumption", default=True)
RESUMPTION_TIMEOUT = integer("TxCtrlr", "ResumptionTimeout", None, unit="s")
ALIGNED_AVAILABLE = boolean("AlignedDataCtrlr", "Available", default=True)
ALIGNED_ENABLED = boolean("AlignedDataCtrlr", "Enabled", default=True)
ALIGNED_INTERVAL = integer("AlignedDataCtrlr", "Interval", 900, unit="s", need=MUST)
ALIGNED_MEASURANDS = listed("AlignedDataCtrlr", "Measurands", None, need=MUST)
ALIGNED_IDLE_ONLY = boolean("AlignedDataCtrlr", "SendDuringIdle", default=False)
ALIGNED_SIGNED = boolean("AlignedDataCtrlr", "SignReadings", default=False)
ALIGNED_SIGNED_UPDATES = boolean("AlignedDataCtrlr", "SignUpdatedReadings", default=False)
ALIGNED_ENDED_INTERVAL = integer("AlignedDataCtrlr", "TxEndedInterval", 60, unit="s", need=MUST)
ALIGNED_ENDED_MEASURANDS = listed("AlignedDataCtrlr", "TxEndedMeasurands", None, need=MUST)
SAMPLED_AVAILABLE = boolean("SampledDataCtrlr", "Available", default=True)
SAMPLED_ENABLED = boolean("SampledDataCtrlr", "Enabled", default=True)
SAMPLED_SIGNED = boolean("SampledDataCtrlr", "SignReadings", default=False)
SAMPLED_SIGNED_STARTS = boolean("SampledDataCtrlr", "SignStartedReadings", default=False)
SAMPLED_SIGNED_UPDATES = boolean("SampledDataCtrlr", "SignUpdatedReadings", default=False)
SAMPLED_ENDED_INTERVAL = integer("SampledDataCtrlr", "TxEndedInterval", 60, unit="s", need=MUST)
SAMPLED_ENDED_MEASURANDS = listed("SampledDataCtrlr", "TxEndedMeasurands", None, need=MUST)
SAMPLED_STARTED_MEASURANDS = listed("SampledDataCtrlr", "TxStartedMeasurands", None, need=MUST)
SAMPLED_UPDATED_INTERVAL = integer("SampledDataCtrlr", "TxUpdatedInterval", 120, unit="s", need=MUST)
SAMPLED_UPDATED_MEASURANDS = listed("SampledDataCtrlr", "TxUpdatedMeasurands", None, need=MUST)
REGISTERS_WITHOUT_PHASES = boolean("SampledDataCtrlr", "RegisterValuesWithoutPhases", default=False)

# prices
CURRENCY = text("TariffCostCtrlr", "Currency", "", need=SHALL)
COST_DECIMALS = integer("TariffCostCtrlr", "NumberOfDecimalsForCostValues", 2)
COST_ENABLED = boolean("TariffCostCtrlr", "Enabled", default=True, instance="Cost")
COST_TEXT = text("TariffCostCtrlr", "TotalCostFallbackMessage", "", need=SHALL)
TARIFF_ENABLED = boolean("TariffCostCtrlr", "Enabled", default=True, instance="Tariff")
TARIFF_TEXT = text("TariffCostCtrlr", "TariffFallbackMessage", "", need=SHALL)
OFFLINE_TARIFF_TEXT = text("TariffCostCtrlr", "OfflineTariffFallbackMessage", "")

# smart charging
SMART_CHARGING_AVAILABLE = boolean("SmartChargingCtrlr", "Available", default=False)
SMART_CHARGING = boolean("SmartChargingCtrlr", "Enabled", default=False)
PHASE_SWITCHING = boolean("SmartChargingCtrlr", "ACPhaseSwitchingSupported", default=False)
DEFAULT_LIMIT_A = integer("SmartChargingCtrlr", "CompositeScheduleDefaultLimitAmps", 48, unit="A")
DEFAULT_LIMIT_W = integer("SmartChargingCtrlr", "CompositeScheduleDefaultLimitWatts", 33_120, unit="W")
DEFAULT_PHASES = integer("SmartChargingCtrlr", "CompositeScheduleDefaultNumberPhases", 3)
IGNORED_OFFLINE = listed("SmartChargingCtrlr", "IgnoredProfilePurposesOffline", ())
PERIODS_PER_SCHEDULE = integer("SmartChargingCtrlr", "PeriodsPerSchedule", None, need=SHALL)
PROFILE_ENTRIES = integer("SmartChargingCtrlr", "Entries", None, instance="ChargingProfiles", need=SHALL)
PROFILE_STACK_LEVEL = integer("SmartChargingCtrlr", "ProfileStackLevel", None, need=SHALL)
RATE_UNITS = listed("SmartChargingCtrlr", "RateUnit", ("A", "W"), need=SHALL)
SUPPLY_VOLTAGE = integer("SmartChargingCtrlr", "SupplyVoltage", 230, unit="V")

# the clock, and the device model itself
CLOCK_TIME = text("ClockCtrlr", "DateTime", None)
TIME_SOURCE = listed("ClockCtrlr", "TimeSource", ("Heartbeat",), need=MUST)
TIME_ADJUSTMENT_THRESHOLD = integer("ClockCtrlr", "TimeAdjustmentReportingThreshold", None, unit="s")
TIME_ZONE = text("ClockCtrlr", "TimeZone", None)
REPORT_BYTES = integer("DeviceDataCtrlr", "BytesPerMessage", None, instance="GetReport", unit="B", need=MUST)
REPORT_ITEMS = integer("DeviceDataCtrlr", "ItemsPerMessage", None, instance="GetReport", need=MUST)
GET_BYTES = integer("DeviceDataCtrlr", "BytesPerMessage", None, instance="GetVariables", unit="B", need=MUST)
GET_ITEMS = integer("DeviceDataCtrlr", "ItemsPerMessage", None, instance="GetVariables", need=MUST)
SET_BYTES = integer("DeviceDataCtrlr", "BytesPerMessage", None, instance="SetVariables", unit="B", need=MUST)
SET_ITEMS = integer("DeviceDataCtrlr", "ItemsPerMessage", None, instance="SetVariables", need=MUST)
CONFIGURATION_SIZE = integer("DeviceDataCtrlr", "ConfigurationValueSize", None)
REPORTING_SIZE = integer("DeviceDataCtrlr", "ReportingValueSize", None)
VALUE_SIZE = integer("DeviceDataCtrlr", "ValueSize", None)

STEERING: Final[tuple[Steering[object], ...]] = tuple(
    value for value in list(globals().values()) if isinstance(value, steering.Steering)
)
"""All of the above."""

ALSO_REQUIRED: Final = (
    ("ClockCtrlr", VariableName("DateTime"), Need.ALWAYS),
    ("DisplayMessageCtrlr", VariableName("DisplayMessages"), Need.WITH_COMPONENT),
    ("DisplayMessageCtrlr", VariableName("SupportedFormats"), Need.WITH_COMPONENT),
    ("DisplayMessageCtrlr", VariableName("SupportedPriorities"), Need.WITH_COMPONENT),
    ("MonitoringCtrlr", VariableName("BytesPerMessage", "SetVariableMonitoring"), Need.WITH_COMPONENT),
    ("MonitoringCtrlr", VariableName("ItemsPerMessage", "SetVariableMonitoring"), Need.WITH_COMPONENT),
    ("SmartChargingCtrlr", VariableName("LimitChangeSignificance"), Need.WITH_COMPONENT),
)
"""What the standard requires and nothing above reads: it must be declared, with or without a value."""

AFTER_RESTART: Final = frozenset(
    (one.component.casefold(), one.variable) for one in STEERING if one.after_restart
)
"""Components, in lower case, and variables whose new values take effect after a restart."""
