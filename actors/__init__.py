"""The running parts of evsite: one folder per branch of the supervision tree."""
