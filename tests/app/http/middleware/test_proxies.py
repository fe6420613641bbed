"""The rate limit counts the client's address as trusted proxies state it; others cannot state it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.app.fakes import FakeModels
from tests.app.http.middleware.test_rate_limit import WARMUP, client_at
from tests.app.server import Likeness, serving

CLIENT = "203.0.113.9"


def left_for(server: Likeness, forwarded: Sequence[str], *, sender: str = "127.0.0.1") -> int:
    """The remaining requests of the client, after a request with these X-Forwarded-For headers."""
    with client_at(server, sender) as client:
        response = client.post(WARMUP, headers=[("X-Forwarded-For", value) for value in forwarded])
    assert response.status_code == 200
    return int(response.headers["ratelimit-remaining"])


def counting(**settings: Any) -> Any:
    return serving(FakeModels(), rate_limit="100/day", **settings)


def test_clients_behind_a_trusted_proxy_are_counted_separately() -> None:
    with counting(trusted_proxies="127.0.0.1") as server:
        assert [left_for(server, [address]) for address in (CLIENT, "203.0.113.10", CLIENT)] == [99, 99, 98]
        assert left_for(server, []) == 99  # the proxy itself


@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
def test_the_header_of_an_untrusted_sender_is_ignored(trusted: str) -> None:
    with counting(trusted_proxies=trusted) as server:
        found = [left_for(server, [forged], sender="127.0.0.2") for forged in (CLIENT, "203.0.113.10", "127.0.0.1")]
    assert found == [99, 98, 97]


def test_the_loopback_is_not_trusted_by_default() -> None:
    with counting() as server:
        assert [left_for(server, [forged]) for forged in (CLIENT, "203.0.113.10")] == [99, 98]


def test_the_client_is_the_last_untrusted_address_of_a_chain() -> None:
    with counting(trusted_proxies="127.0.0.1,10.0.0.0/8") as server:
        assert left_for(server, [f"{CLIENT}, 10.1.2.3, 10.3.2.1"]) == 99
        assert left_for(server, [CLIENT, "10.1.2.3"]) == 98  # a header for each proxy
        assert left_for(server, [f"{CLIENT}:4711"]) == 97
        assert left_for(server, [f"{CLIENT}, 192.0.2.1, 10.1.2.3"]) == 99  # 192.0.2.1 is not trusted: it is the client


def test_a_forged_address_at_the_front_is_ignored() -> None:
    with counting(trusted_proxies="127.0.0.1,10.0.0.0/8") as server:
        forgeries = ["198.51.100.1", "127.0.0.1", "10.0.0.1", "198.51.100.2, 10.9.9.9", "unknown", ""]
        found = [left_for(server, [f"{forged}, {CLIENT}, 10.1.2.3"]) for forged in forgeries]
    assert found == [99, 98, 97, 96, 95, 94]


def test_the_addresses_of_one_ipv6_64_network_are_one_client() -> None:
    with counting(trusted_proxies="127.0.0.1") as server:
        addresses = ["2001:db8:1:2::1", "2001:db8:1:2::2", "[2001:db8:1:2::3]:4711", "2001:db8:1:3::1"]
        assert [left_for(server, [address]) for address in addresses] == [99, 98, 97, 99]
