"""What an administrator may type as the address of a server, and which addresses of the internet are asked."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torihiki.outbound.addresses import is_reachable, read_networks
from torihiki.outbound.failures import FAILURES, Failure, OutboundFailed
from torihiki.outbound.targets import read_target

PUBLIC = ["8.8.8.8", "1.1.1.1", "203.104.128.1", "2001:4860:4860::8888", "2400:cb00::1", "2620:fe::fe"]
INSIDE = {
    "this network": ["0.0.0.0", "0.1.2.3", "::"],
    "private": ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.1.1"],
    "carriers": ["100.64.0.1", "100.127.255.254"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "link-local and metadata": ["169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%lo", "fd00:ec2::254"],
    "documents": ["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff::1", "3fff:fff::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "protocols": ["192.0.0.1", "192.0.0.9", "192.88.99.1", "2001::1", "2001:10::1", "2001:20::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "100::1", "5f00::1", "4000::1", "e000::1"],
    "unique local": ["fc00::1", "fdff::1", "fec0::1"],
    "IPv4 in IPv6": [
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "2001:0:7f00:1::",
    ],
    "no addresses": ["", "localhost", "127.1", "0x7f000001", "017700000001", "2130706433", "1.2.3.4.5", "1.2.3.4/8"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_what_the_world_can_reach_is_asked(address: str) -> None:
    assert is_reachable(address)


@pytest.mark.parametrize("address", [address for group in INSIDE.values() for address in group])
def test_what_lies_inside_is_not_asked(address: str) -> None:
    assert not is_reachable(address)


def test_a_network_that_the_operator_named_is_asked_and_no_other() -> None:
    named = [ip_network("10.20.0.0/16"), ip_network("fd12::/48")]
    assert is_reachable("10.20.3.4", named=named)
    assert is_reachable("fd12::5", named=named)
    for address in ("10.21.0.1", "::ffff:10.20.3.4", "fd12:1::5", "fe80::1%fd12", "127.0.0.1"):
        assert not is_reachable(address, named=named)


def test_networks_are_read_or_the_start_stops() -> None:
    assert read_networks("") == ()
    assert [str(network) for network in read_networks("10.20.0.0/16, fd12::/48,")] == ["10.20.0.0/16", "fd12::/48"]
    for wrong in ("10.20.0.1/16", "everything", "10.20.0.0/33"):
        with pytest.raises(ValueError, match=wrong.partition("/")[0]):
            read_networks(wrong)


@given(st.ip_addresses())
def test_nothing_is_asked_that_python_itself_calls_private(address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not is_reachable(str(address))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://hooks.example.com", "https://hooks.example.com/"),
        ("https://Hooks.Example.com:443/A?b=c&d=%E3%81%82", "https://hooks.example.com/A?b=c&d=%E3%81%82"),
        ("https://hooks.example.com:8443/a", "https://hooks.example.com:8443/a"),
        ("https://日本語.jp/a", "https://xn--wgv71a119e.jp/a"),
        ("https://受信。例え.jp/", "https://xn--vuq69g.xn--r8jz45g.jp/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2001:4860:4860:0::8888]/", "https://[2001:4860:4860::8888]/"),
    ],
)
def test_an_address_is_read_in_one_way(typed: str, meant: str) -> None:
    assert read_target(typed).url == meant


@pytest.mark.parametrize(
    ("typed", "failure"),
    [
        ("", Failure.MALFORMED_URL),
        ("hooks.example.com", Failure.MALFORMED_URL),
        ("//hooks.example.com/", Failure.MALFORMED_URL),
        ("http://hooks.example.com/", Failure.NOT_HTTPS),
        ("file:///etc/passwd", Failure.NOT_HTTPS),
        ("gopher://hooks.example.com/", Failure.NOT_HTTPS),
        ("https://", Failure.MALFORMED_URL),
        ("https:///path", Failure.MALFORMED_URL),
        ("https://user:secret@hooks.example.com/", Failure.CREDENTIALS),
        ("https://hooks.example.com@127.0.0.1/", Failure.CREDENTIALS),
        ("https://@hooks.example.com/", Failure.CREDENTIALS),
        ("https://hooks.example.com\\@127.0.0.1/", Failure.MALFORMED_URL),
        ("https://hooks.example.com/#part", Failure.MALFORMED_URL),
        ("https://hooks.example.com/ä", Failure.MALFORMED_URL),
        ("https://hooks.example.com/a b", Failure.MALFORMED_URL),
        ("https://hooks.example.com/a\r\nX: y", Failure.MALFORMED_URL),
        ("https://hooks.example.com/a\tb", Failure.MALFORMED_URL),
        ("https://hooks.example.com/" + "a" * 2_000, Failure.MALFORMED_URL),
        ("https://hooks.example.com:22/", Failure.PORT),
        ("https://hooks.example.com:0/", Failure.PORT),
        ("https://hooks.example.com:99999/", Failure.MALFORMED_URL),
        ("https://hooks.example.com:https/", Failure.MALFORMED_URL),
        ("https://2130706433/", Failure.HOST),
        ("https://0x7f000001/", Failure.HOST),
        ("https://0x7f.1/", Failure.HOST),
        ("https://0177.0.0.1/", Failure.HOST),
        ("https://127.1/", Failure.HOST),
        ("https://127.0.0.1./", Failure.HOST),
        ("https://１２７.０.０.１/", Failure.PRIVATE),
        ("https://127。0。0。1/", Failure.PRIVATE),
        ("https://127.0.0.1/", Failure.PRIVATE),
        ("https://169.254.169.254/latest/meta-data/", Failure.PRIVATE),
        ("https://[::1]/", Failure.PRIVATE),
        ("https://[::ffff:169.254.169.254]/", Failure.PRIVATE),
        ("https://[fe80::1%25eth0]/", Failure.PRIVATE),
        ("https://[::1/", Failure.MALFORMED_URL),
        ("https://hooks..example.com/", Failure.HOST),
        ("https://-hooks.example.com/", Failure.HOST),
        ("https://hooks_.example.com/", Failure.HOST),
        ("https://hooks%2eexample.com/", Failure.HOST),
        ("https://straße.example/", Failure.HOST),
        (f"https://{'a' * 64}.example/", Failure.HOST),
        (f"https://{'a.' * 130}example/", Failure.HOST),
    ],
)
def test_what_is_refused_is_refused_by_its_name(typed: str, failure: Failure) -> None:
    with pytest.raises(OutboundFailed) as refused:
        read_target(typed)
    assert refused.value.failure is failure
    assert str(refused.value.message)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    for typed in (text, f"https://{text}", f"https://hooks.example.com/{text}"):
        try:
            target = read_target(typed)
        except OutboundFailed:
            continue
        assert read_target(target.url) == target


def test_each_failure_has_words() -> None:
    assert FAILURES.keys() == set(Failure)
