"""Reservations: who may have which EVSE, and whether everybody can be served."""
