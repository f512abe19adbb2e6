"""The station towards its back-end by OCPP."""
