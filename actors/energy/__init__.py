"""The energy tree: fuses that pass requests up and grants down, and the manager that shares the power."""
