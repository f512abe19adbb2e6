"""The supervised actor engine, and the only package that imports thespian."""
