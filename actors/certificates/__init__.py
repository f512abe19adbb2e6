"""The certificates and keys of both worlds."""
