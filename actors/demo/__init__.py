"""The demonstration: a whole Plug & Charge site on one command."""
