"""The messages of ISO 15118-20, one package per energy mode beside the common messages."""
