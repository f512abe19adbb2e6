"""Drivers of the simulated hardware: the same base classes that drivers of real hardware have."""
