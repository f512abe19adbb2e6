"""Builds captures for tests: real TLS over memory, packets around it, capture files around those."""

import contextlib
import datetime as dt
import functools
import random
import struct
from dataclasses import dataclass
from ipaddress import IPv6Address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from protocols.iso15118.capture.tcp import Side

EV = ("fe80::1", 50000)
SECC = ("fe80::2", 61851)
OP_NO_ENCRYPT_THEN_MAC = 0x80000


def other(side):
    """The other end."""
    return Side.SERVER if side is Side.CLIENT else Side.CLIENT


@functools.cache
def server_identity():
    """A self-signed P-256 certificate with a fixed key: the capture side checks no certificates."""
    key = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SECC")])
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


@dataclass
class TlsConversation:
    """What went over the wire, as (sender, bytes), and the key log of it."""

    flights: list
    keylog: str


def converse(said, *, suite, tls13=False, options=0, curve=None):
    """A real TLS connection in which `said`, a list of (sender, bytes), is said in order."""
    lines = []
    server = _context(suite, tls13=tls13, options=options)
    key, certificate = server_identity()
    server.use_privatekey(key)
    server.use_certificate(certificate)
    if curve is not None:
        server.set_tmp_ecdh(curve)
    client = _context(suite, tls13=tls13, options=options)
    client.set_keylog_callback(lambda _connection, line: lines.append(line.decode()))
    ends = {Side.CLIENT: SSL.Connection(client, None), Side.SERVER: SSL.Connection(server, None)}
    ends[Side.CLIENT].set_connect_state()
    ends[Side.SERVER].set_accept_state()
    flights = []
    for _ in range(10):
        for sender, end in ends.items():
            with contextlib.suppress(SSL.WantReadError):
                end.do_handshake()
            _pump(ends, sender, flights)
    for sender, data in said:
        ends[sender].sendall(data)
        _pump(ends, sender, flights)
        got = b""
        while len(got) < len(data):
            got += ends[other(sender)].recv(2**16)
        assert got == data
    return TlsConversation(flights, "\n".join(lines) + "\n")


def _context(suite, *, tls13, options):
    context = SSL.Context(SSL.TLS_METHOD)
    version = SSL.TLS1_3_VERSION if tls13 else SSL.TLS1_2_VERSION
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    context.set_options(options)
    if tls13:
        context.set_tls13_ciphersuites(suite.encode())
    else:
        context.set_cipher_list(suite.encode())
    return context


def _pump(ends, sender, flights):
    while True:
        try:
            data = ends[sender].bio_read(2**16)
        except SSL.WantReadError:
            return
        flights.append((sender, data))
        ends[other(sender)].bio_write(data)


def tcp(source, destination, sequence, payload=b"", *, flags=0x18):
    """One TCP segment in an Ethernet frame over IPv6."""
    header = struct.pack(
        ">HHIIBBHHH", source[1], destination[1], sequence % 2**32, 0, 0x50, flags, 65535, 0, 0
    )
    return ethernet(ipv6(source, destination, 6, header + payload))


def udp(source, destination, payload):
    """One UDP datagram in an Ethernet frame over IPv6."""
    header = struct.pack(">HHHH", source[1], destination[1], 8 + len(payload), 0)
    return ethernet(ipv6(source, destination, 17, header + payload))


def ipv6(source, destination, kind, payload):
    """One IPv6 packet."""
    addresses = IPv6Address(source[0]).packed + IPv6Address(destination[0]).packed
    return struct.pack(">IHBB", 6 << 28, len(payload), kind, 64) + addresses + payload


def ethernet(payload, ether_type=0x86DD):
    """One Ethernet frame."""
    return bytes(12) + struct.pack(">H", ether_type) + payload


def conversation(flights, *, client=EV, server=SECC, mss=1400, seed=None, start=2**32 - 500):
    """The packets of a TCP connection that carries the flights; shuffled a little with a seed."""
    positions = {Side.CLIENT: start, Side.SERVER: start + 77}
    ends = {Side.CLIENT: (client, server), Side.SERVER: (server, client)}
    packets = [
        tcp(client, server, positions[Side.CLIENT], flags=0x02),
        tcp(server, client, positions[Side.SERVER], flags=0x12),
    ]
    positions = {side: place + 1 for side, place in positions.items()}
    for sender, data in flights:
        burst = []
        for at in range(0, len(data), mss):
            burst.append(tcp(*ends[sender], positions[sender], data[at : at + mss]))
            positions[sender] += len(data[at : at + mss])
        if seed is not None:
            chooser = random.Random(seed)
            burst += chooser.sample(burst, len(burst) // 2)
            chooser.shuffle(burst)
        packets += burst
    for side in Side:
        packets.append(tcp(*ends[side], positions[side], flags=0x11))
    return packets


def pcap(packets, *, link_type=1, start=1_700_000_000, order="<", nanoseconds=False):
    """A pcap file; packet n was captured n milliseconds after the start."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    tick = 10**6 if nanoseconds else 10**3
    for number, packet in enumerate(packets):
        data += struct.pack(order + "IIII", start, number * tick, len(packet), len(packet)) + packet
    return data


def block(kind, body, order="<"):
    """One pcapng block."""
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(packets, *, link_type=1, start=1_700_000_000, order="<", keylog=None):
    """A pcapng file of one section and interface, time stamps in microseconds, a key log inside if given."""
    data = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    if keylog is not None:
        data += block(10, struct.pack(order + "II", 0x544C534B, len(keylog)) + keylog.encode(), order)
    data += block(1, struct.pack(order + "HHI", link_type, 0, 65535), order)
    for number, packet in enumerate(packets):
        ticks = start * 10**6 + number * 1000
        header = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
        data += block(6, header + packet, order)
    return data
