"""The OCPP 2.x device model: its components, and each value with its one owner (rows S20.*)."""
