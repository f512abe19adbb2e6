"""One outlet: control pilot, lock, contactor."""
