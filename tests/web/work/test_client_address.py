"""The client's address, for rate limits and the audit: who may say it, and where it is not known."""

import json
from collections.abc import Iterator

import pytest

from support.team import PASSWORD
from support.waiting import wait_for_attempts_window
from support.web.server import Served, serving
from support.web.visitor import SAME_ORIGIN, Visitor, team_served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server behind a proxy on this machine, which it trusts."""
    public = ("--public-url", "https://rflow.example", "--trusted-proxy", "127.0.0.1,10.1.0.0/16")
    with team_served(tmp_path_factory.mktemp("team"), *public) as server:
        yield server


def tries(served: Served, forwarded: str = "", name: str = "Nobody", password: str = "wrong password") -> int:
    """Sign in with what a proxy says of the client; return the status."""
    headers = SAME_ORIGIN | ({"x-forwarded-for": forwarded} if forwarded else {})
    form = {"name": name, "password": password}
    return served.get("/sign-in", "POST", data=form, headers=headers).status_code


def last_entry(served: Served) -> dict[str, object]:
    """Return the last entry of the audit."""
    entry: dict[str, object] = json.loads(served.ana.at(user="Root").ok("audit", "--json").out.splitlines()[-1])
    return entry


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("203.0.113.9, 192.0.2.7", "192.0.2.7"),  # the client wrote the first one
        ("192.0.2.7, 10.1.2.3", "192.0.2.7"),  # by way of another trusted proxy
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("not an address", ""),
        ("", ""),  # the proxy's own address is nobody's
    ],
)
def test_a_trusted_proxy_says_where_a_client_is(served: Served, forwarded: str, address: str) -> None:
    assert tries(served, forwarded) == 401
    entry = last_entry(served)
    assert (entry["action"], entry.get("details") or {}) == ("sign_in_failed", {"address": address} if address else {})


def test_the_audit_says_where_somebody_signed_in(served: Served) -> None:
    assert tries(served, "192.0.2.8", "Cleo", PASSWORD) == 303
    entry = last_entry(served)
    assert (entry["action"], entry["details"]) == ("signed_in", {"address": "192.0.2.8"})


def test_one_client_behind_a_proxy_is_limited_and_the_others_are_not(served: Served) -> None:
    wait_for_attempts_window()
    statuses = [tries(served, f"198.51.100.{number}, 192.0.2.66", f"Name {number}") for number in range(51)]
    assert statuses == [401] * 50 + [429]
    assert tries(served, "192.0.2.66", "Cleo", PASSWORD) == 429
    assert tries(served, "192.0.2.67", "Cleo", PASSWORD) == 303


def test_a_terminal_that_asks_to_be_signed_in_shows_its_address(served: Served) -> None:
    headers, form = {"x-forwarded-for": "192.0.2.9"}, {"client_id": "laptop", "scope": "read"}
    asked = served.get("/api/v1/device/authorization", "POST", data=form, headers=headers).json()["user_code"]
    with serving(served.ana, log="here.log") as here:
        page = Visitor(here.url).sign_in("Cleo").go(f"/device?code={asked}")
    assert "192.0.2.9" in page.text


def test_without_the_option_the_header_is_ignored(served: Served) -> None:
    with serving(served.ana, log="direct.log") as direct:
        assert tries(direct, "192.0.2.10") == 401
    assert last_entry(served)["details"] == {"address": "127.0.0.1"}
    with serving(served.ana, "--public-url", "https://rflow.example", log="hidden.log") as hidden:
        assert tries(hidden, "192.0.2.10") == 401
    assert not last_entry(served).get("details")


def test_a_peer_that_is_not_trusted_says_nothing(served: Served) -> None:
    with serving(served.ana, "--trusted-proxy", "10.1.0.0/16", log="other.log") as other:
        assert tries(other, "192.0.2.11") == 401
    assert last_entry(served)["details"] == {"address": "127.0.0.1"}


def test_erasing_somebody_removes_where_they_signed_in(served: Served) -> None:
    assert tries(served, "192.0.2.12", "Eva", PASSWORD) == 303
    root = served.ana.at(user="Root")
    assert "192.0.2.12" in root.ok("audit", "--json").out
    root.ok("user", "erase", "Eva", "--yes")
    assert "192.0.2.12" not in root.ok("audit", "--json").out


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("nginx", '"nginx" is not the address of a proxy'),
        ("10.1.0.7/16", "has host bits set"),
        ("127.0.0.1,0.0.0.0/0", "0.0.0.0/0 would let every client"),
        ("*", '"*" is not the address of a proxy'),
    ],
)
def test_what_is_no_address_of_a_proxy_is_refused(served: Served, words: str, what: str) -> None:
    refused = served.ana.run("serve", "--trusted-proxy", words)
    assert (refused.code, what in refused.err) == (2, True)
