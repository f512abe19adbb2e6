import socket

import pytest

from actors.v2g.link import sockets


@pytest.fixture
def opened():
    made = []
    yield made
    for each in made:
        each.close()


def test_loopback_is_a_device_with_one_address():
    device = sockets.find_device("lo")

    assert (str(device.address), device.is_loopback) == ("::1", True)


def test_a_device_that_is_not_there_is_named_with_a_mend():
    with pytest.raises(OSError, match=r"nosuch0 has not an IPv6 link-local address; bring it up"):
        sockets.find_device("nosuch0")


def test_any_device_is_better_than_loopback(monkeypatch, tmp_path):
    table = tmp_path / "if_inet6"
    table.write_text(
        "00000000000000000000000000000001 01 80 10 80       lo\n"
        "fd000000000000000000000000000002 04 40 00 82     eth0\n"
        "fe8000000000000000fc00fffe000001 0c 40 20 80     eth0\n"
    )
    monkeypatch.setattr(sockets, "ADDRESSES", table)

    device = sockets.find_device("auto")

    assert (device.name, device.index, str(device.address)) == ("eth0", 12, "fe80::fc:ff:fe00:1")
    assert device.at(5) == ("fe80::fc:ff:fe00:1", 5, 0, 12)


def test_a_kernel_without_ipv6_is_told_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sockets, "ADDRESSES", tmp_path / "absent")

    with pytest.raises(OSError, match="no IPv6"):
        sockets.find_device("auto")


def test_servers_on_loopback_are_reached_from_there_only(opened):
    server = sockets.listen(sockets.find_device("lo"))
    opened.append(server)

    assert server.getsockname()[0] == "::1"
    opened.append(socket.create_connection(("::1", sockets.port_of(server)), timeout=5))


def test_servers_take_ports_that_cars_accept(opened):
    opened += [sockets.listen(sockets.find_device("lo")) for _ in range(20)]

    assert all(sockets.port_of(each) in sockets.DYNAMIC_PORTS for each in opened)


def test_a_port_that_is_taken_is_passed_over(opened, monkeypatch):
    device = sockets.find_device("lo")
    opened.append(sockets.listen(device))
    taken = sockets.port_of(opened[0])
    monkeypatch.setattr(sockets.random, "sample", lambda *_: [taken, taken, taken - 1])

    opened.append(sockets.listen(device))

    assert sockets.port_of(opened[1]) == taken - 1


def test_no_free_port_at_all_is_an_error(opened, monkeypatch):
    device = sockets.find_device("lo")
    opened.append(sockets.listen(device))
    monkeypatch.setattr(sockets.random, "sample", lambda *_: [sockets.port_of(opened[0])])

    with pytest.raises(OSError, match="was free"):
        sockets.listen(device)


def test_a_second_discovery_server_on_loopback_gets_another_port(opened):
    device = sockets.find_device("lo")
    opened += [sockets.sdp_server(device), sockets.sdp_server(device)]

    first, second = (sockets.port_of(each) for each in opened)

    assert first != second


def test_a_discovery_server_on_loopback_leaves_other_devices_their_port(opened):
    opened.append(sockets.sdp_server(sockets.find_device("lo")))

    device = opened[0].getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
    assert device.rstrip(b"\0") == b"lo"


def test_a_kernel_that_lets_root_alone_name_devices_serves_loopback(opened, monkeypatch):
    original = socket.socket.setsockopt

    def refuse(self, level, option, value):
        if option == socket.SO_BINDTODEVICE:
            raise PermissionError
        original(self, level, option, value)

    monkeypatch.setattr(socket.socket, "setsockopt", refuse)

    opened.append(sockets.sdp_server(sockets.find_device("lo")))

    assert opened[0].getsockname()[0] == "::1"


def test_a_server_that_cannot_be_bound_leaves_no_socket(monkeypatch):
    device = sockets.find_device("lo")
    closed = []
    monkeypatch.setattr(socket.socket, "bind", lambda *_: (_ for _ in ()).throw(OSError("no")))
    original = socket.socket.close
    monkeypatch.setattr(socket.socket, "close", lambda self: (closed.append(1), original(self))[1])

    with pytest.raises(OSError, match="no"):
        sockets.listen(device)
    assert closed


def test_a_car_that_is_unplugged_without_a_word_is_noticed_in_ten_seconds(opened):
    server = sockets.listen(sockets.find_device("lo"))
    server.settimeout(5)
    opened += [server, socket.create_connection(("::1", sockets.port_of(server)), timeout=5)]
    connection, _ = server.accept()
    opened.append(connection)

    sockets.look_after(connection)

    def option(name):
        return connection.getsockopt(socket.IPPROTO_TCP, name)

    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    probed_s = option(socket.TCP_KEEPIDLE) + option(socket.TCP_KEEPINTVL) * option(socket.TCP_KEEPCNT)
    assert (probed_s, option(socket.TCP_USER_TIMEOUT), option(socket.TCP_NODELAY)) == (10, 10_000, 1)
