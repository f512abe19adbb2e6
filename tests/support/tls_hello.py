"""ClientHellos by hand, for what no TLS library sends."""

import struct

from certs.tls.wire import vector

ISO2_SUITE, ISO20_SUITE = 0xC023, 0x1302


def numbers(*values):
    return b"".join(struct.pack(">H", value) for value in values)


def extension(kind, content):
    return struct.pack(">H", kind) + vector(content, 2)


def versions(*values):
    return extension(43, vector(numbers(*values), 1))


def groups(*values):
    return extension(10, vector(numbers(*values), 2))


def schemes(*values):
    return extension(13, vector(numbers(*values), 2))


ISO2_EXTENSIONS = groups(0x0017) + schemes(0x0403)
ISO20_EXTENSIONS = versions(0x0304) + groups(0x0019) + schemes(0x0603)


def hello_body(*, version=0x0303, suites=(ISO2_SUITE,), extensions=ISO2_EXTENSIONS, session=b""):
    """The body of a ClientHello; `extensions` None for one of the old days."""
    head = struct.pack(">H", version) + bytes(range(32)) + vector(session, 1)
    tail = vector(numbers(*suites), 2) + vector(b"\0", 1)
    return head + tail + (vector(extensions, 2) if extensions is not None else b"")


def message(body, kind=1):
    return bytes((kind,)) + vector(body, 3)


def records(data, *, size=2**14, kind=22):
    """The data in records of at most `size` bytes."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(bytes((kind, 3, 1)) + vector(piece, 2) for piece in pieces)


def hello(**how):
    """A whole ClientHello as it goes over the wire."""
    return records(message(hello_body(**how)))
