"""Certificates and keys, pure: no actor, no clock of its own."""
