"""Captured traffic: capture files, packets, TCP streams, TLS records, and the V2G dialogue in them.

Everything here takes bytes and gives values; who opens the files is no concern of it.
"""
