"""ISO 15118 and DIN SPEC 70121 on the wire: EXI, messages, signatures, V2GTP and SDP. All of it sans-IO."""
