"""One EVSE: its supervisor and its manager."""
