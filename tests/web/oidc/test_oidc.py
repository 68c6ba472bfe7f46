"""Signing in by OpenID Connect over HTTP: the whole flow at a certified provider, and answers that are forged."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from rflow.ports.stores import Store
from rflow.stores import open_store
from support.program import Program
from support.team import PASSWORD
from support.web.provider import BACK, CLIENT, SECRET, Forger, forging_provider, npm_provider
from support.web.server import Served, free_port, serving

pytestmark = pytest.mark.slow
GROUPS = "sre=Leeds:member\nleads=Leeds:lead\nrflow-admins=admin"


@contextmanager
def configured(home: Path, issuer: str, port: int, **settings: str) -> Iterator[Served]:
    """Serve a store with an admin, with the OpenID settings given."""
    named = {f"RFLOW_OIDC_{name.upper()}": value for name, value in settings.items()}
    environ = {"RFLOW_OIDC_ISSUER": issuer, "RFLOW_OIDC_CLIENT_ID": CLIENT, "RFLOW_OIDC_CLIENT_SECRET": SECRET, **named}
    program = Program(home, store=str(home / "team.db"), environ=environ)
    program.ok("user", "add", "Root", "--admin", "--password-stdin", stdin=PASSWORD)
    program.ok("space", "add", "Leeds")
    with serving(program, port=port) as served:
        yield served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port = free_port()
    with ExitStack() as open_:
        issuer = open_.enter_context(npm_provider(f"http://127.0.0.1:{port}"))
        home = tmp_path_factory.mktemp("oidc")
        yield open_.enter_context(
            configured(home, issuer, port, groups=GROUPS, tenant="leeds-it", passwords="off", break_glass="Root")
        )


@pytest.fixture
def store(served: Served) -> Iterator[Store]:
    with closing(open_store(f"sqlite://{served.ana.home}/team.db")) as store:
        yield store


def browser(served: Served) -> httpx.Client:
    return httpx.Client(base_url=served.url, follow_redirects=True, timeout=30)


def at_provider(client: httpx.Client, page: httpx.Response, login: str) -> httpx.Response:
    """Fill in the provider's forms: who signs in, then that rflow may know."""
    for prompt in ("login", "consent"):
        action = re.search(r'action="([^"]+)"', page.text)
        assert action is not None, page.text
        page = client.post(str(page.url.join(action[1])), data={"prompt": prompt, "login": login, "password": "any"})
    return page


def sign_in(served: Served, login: str, client: httpx.Client, wanted: str = "/") -> httpx.Response:
    return at_provider(client, client.get("/sign-in/oidc", params={"next": wanted}), login)


def account(store: Store, subject: str) -> Any:
    (found,) = [
        each for each in store.accounts.accounts() if any(identity.subject == subject for identity in each.identities)
    ]
    return found


def test_somebody_signs_in_and_their_groups_say_what_they_may(served: Served, store: Store) -> None:
    with browser(served) as client:
        assert "Sign in with single sign-on" in client.get("/sign-in").text
        page = sign_in(served, "ana", client, "/account")
        assert (page.status_code, page.url.path) == (200, "/account")
        assert "Ana Ruiz" in page.text
        assert client.get("/api/v1/me").json()["roles"] == {"leeds": "lead"}
        assert client.post("/sign-out", headers={"sec-fetch-site": "same-origin"}).status_code == 200
        assert client.get("/api/v1/me").status_code == 401
    who = account(store, "ana")
    assert (who.name, who.admin, who.password) == ("Ana Ruiz", False, "")


def test_the_same_e_mail_address_of_another_subject_is_somebody_else(served: Served, store: Store) -> None:
    for login in ("ben", "eve", "ben"):
        with browser(served) as client:
            assert sign_in(served, login, client).status_code == 200
    ben, eve = account(store, "ben"), account(store, "eve")
    assert (ben.name, eve.name) == ("Ben Okafor", "Ben Okafor (2)")
    assert store.accounts.roles(ben.id) == {"leeds": "member"}
    assert store.accounts.roles(eve.id) == {}


def test_a_group_that_one_has_left_gives_nothing_any_longer(served: Served, store: Store) -> None:
    with browser(served) as client:
        sign_in(served, "eve", client)
        served.ana.ok("space", "members", "Leeds", "--add", account(store, "eve").name, "--role", "lead")
        assert client.get("/api/v1/me").json()["roles"] == {"leeds": "lead"}
        client.cookies.clear()
        sign_in(served, "eve", client)
        assert client.get("/api/v1/me").json()["roles"] == {}


def test_an_account_of_another_tenant_is_refused(served: Served, store: Store) -> None:
    with browser(served) as client:
        assert sign_in(served, "out", client).status_code == 401
        assert client.get("/api/v1/me").status_code == 401
    assert [each for each in store.accounts.accounts() if each.name == "Out Sider"] == []


def test_a_disabled_account_stays_out_and_a_sign_in_ends_nowhere_else(served: Served, store: Store) -> None:
    with browser(served) as client:
        assert sign_in(served, "ana", client, "//evil.example").url.host == "127.0.0.1"
        served.ana.ok("user", "disable", "Ana Ruiz")
        client.cookies.clear()
        assert sign_in(served, "ana", client).status_code == 401
        served.ana.ok("user", "enable", "Ana Ruiz")


def test_with_passwords_off_only_the_emergency_account_uses_one(served: Served) -> None:
    served.ana.ok("user", "add", "Cleo", "--password-stdin", stdin=PASSWORD)
    with browser(served) as client:
        said = {}
        for name, password in (("Cleo", PASSWORD), ("Cleo", "wrong password"), ("Root", PASSWORD)):
            headers = {"sec-fetch-site": "same-origin"}
            said[name, password] = client.post("/sign-in", data={"name": name, "password": password}, headers=headers)
        assert said["Cleo", PASSWORD].status_code == said["Cleo", "wrong password"].status_code == 401
        assert said["Root", PASSWORD].status_code == 200
        link = served.ana.ok("user", "password", "Cleo", "--link").out.strip().rpartition("/")[2]
        data = {"new": "ten green bottles", "again": "ten green bottles"}
        refused = client.post(f"/set-password/{link}", data=data, headers={"sec-fetch-site": "same-origin"})
        assert refused.status_code == 422


def test_no_secret_is_in_the_log_or_the_list_of_settings(served: Served) -> None:
    listed = served.ana.ok("config", "list")
    assert "oidc.issuer" in listed.out
    shown = served.ana.ok("config", "get", "oidc.client_secret")
    for text in (listed.out, shown.out, served.log.read_text("utf-8")):
        assert SECRET not in text
        assert "code=" not in text


# Answers that are forged


@pytest.fixture(scope="module")
def forger() -> Iterator[Forger]:
    with forging_provider() as forger:
        yield forger


@pytest.fixture(scope="module")
def misled(tmp_path_factory: pytest.TempPathFactory, forger: Forger) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("forged")
    with configured(home, forger.issuer, free_port(), tenant="leeds-it") as served:
        yield served


KEY, OTHER = RSAKey.generate_key(2048, {"kid": "one"}), RSAKey.generate_key(2048, {"kid": "one"})
CURVE, MINE = ECKey.generate_key("P-256", {"kid": "curve"}), ECKey.generate_key("P-256", {"kid": "curve"})


def now() -> int:
    """The present time in seconds: a token is made when it is sent, however long the other tests took."""
    return int(time.time())


def claims(forger: Forger, nonce: str, **other: Any) -> dict[str, Any]:
    right = {"iss": forger.issuer, "sub": "zoe", "aud": CLIENT, "exp": now() + 600, "iat": now(), "nonce": nonce}
    return {name: value for name, value in {**right, "name": "Zoe", "tid": "leeds-it", **other}.items() if value != ""}


def signed(key: RSAKey | ECKey, said: dict[str, Any], **header: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one", **header}, said, key)


def unsigned(said: dict[str, Any]) -> str:
    import base64

    parts = ({"alg": "none", "kid": "one"}, said)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def come_back(forger: Forger, client: httpx.Client, server: str = "", **other: str) -> httpx.Response:
    """Begin, and come back as the provider would send somebody, perhaps to another `server`."""
    begun = client.get("/sign-in/oidc", follow_redirects=False)
    query = parse_qs(urlsplit(begun.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert SECRET not in begun.headers["location"]
    forger.nonce = query["nonce"][0]
    return client.get(server + BACK, params={"code": "c", "state": query["state"][0], **other})


def test_a_right_token_signs_in_so_that_the_forged_ones_fail_for_what_is_wrong_with_them(
    misled: Served, forger: Forger
) -> None:
    forger.keys = [KEY.as_dict(private=False), CURVE.as_dict(private=False)]
    forger.id_token = lambda nonce: signed(KEY, claims(forger, nonce))
    with browser(misled) as client:
        assert come_back(forger, client).status_code == 200
        assert client.get("/api/v1/me").json()["person"]["name"] == "Zoe"


FORGED: dict[str, Any] = {
    "alg none": lambda forger, nonce: unsigned(claims(forger, nonce)),
    "another key of the same name": lambda forger, nonce: signed(OTHER, claims(forger, nonce)),
    "an embedded key": lambda forger, nonce: signed(
        MINE, claims(forger, nonce), alg="ES256", kid="curve", jwk=MINE.as_dict(private=False)
    ),
    "an unknown key": lambda forger, nonce: signed(OTHER, claims(forger, nonce), kid="two"),
    "another tenant": lambda forger, nonce: signed(KEY, claims(forger, nonce, tid="another")),
    "no tenant": lambda forger, nonce: signed(KEY, claims(forger, nonce, tid="")),
    "another issuer": lambda forger, nonce: signed(KEY, claims(forger, nonce, iss="https://evil.example")),
    "for another client": lambda forger, nonce: signed(KEY, claims(forger, nonce, aud="another")),
    "another nonce": lambda forger, nonce: signed(KEY, claims(forger, "another")),
    "no nonce": lambda forger, nonce: signed(KEY, claims(forger, "")),
    "expired": lambda forger, nonce: signed(KEY, claims(forger, nonce, exp=now() - 3600)),
    "no subject": lambda forger, nonce: signed(KEY, claims(forger, nonce, sub="")),
    "a subject that is no text": lambda forger, nonce: signed(KEY, claims(forger, nonce, sub=7)),
    "no token": lambda forger, nonce: "",
    "rubbish": lambda forger, nonce: "a.b.c",
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_token_is_401(misled: Served, forger: Forger, forged: str) -> None:
    forger.keys = [KEY.as_dict(private=False), CURVE.as_dict(private=False)]
    forger.id_token = lambda nonce: FORGED[forged](forger, nonce)
    with browser(misled) as client:
        refused = come_back(forger, client)
        assert (refused.status_code, client.get("/api/v1/me").status_code) == (401, 401)


def test_an_answer_without_the_attempt_of_this_browser_is_401(misled: Served, forger: Forger) -> None:
    """Somebody else's state, none, one without its cookie, an answer used again, another issuer."""
    forger.id_token = lambda nonce: signed(KEY, claims(forger, nonce))
    with browser(misled) as client, browser(misled) as other:
        begun = other.get("/sign-in/oidc", follow_redirects=False)
        foreign = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
        assert client.get(BACK, params={"code": "c", "state": foreign}).status_code == 401
        assert come_back(forger, client, state=foreign).status_code == 401
        assert client.get(BACK, params={"code": "c"}).status_code == 401
        assert come_back(forger, client, iss="https://evil.example").status_code == 401
        assert come_back(forger, client, error="access_denied").status_code == 401
        done = come_back(forger, client)
        assert done.status_code == 200
        assert client.get(str(done.history[0].url)).status_code == 401


def test_an_attempt_is_finished_by_any_process(misled: Served, forger: Forger) -> None:
    forger.id_token = lambda nonce: signed(KEY, claims(forger, nonce))
    words = ("--public-url", misled.url)
    with serving(misled.ana, *words, log="second.log") as second, browser(misled) as client:
        assert come_back(forger, client, second.url).status_code == 200
        assert client.get("/api/v1/me").json()["person"]["name"] == "Zoe"


def test_a_provider_that_is_away_is_said_and_passwords_still_work(tmp_path: Path) -> None:
    with configured(tmp_path, "http://127.0.0.1:9", free_port()) as served, browser(served) as client:
        away = client.get("/sign-in/oidc")
        assert away.status_code == 502
        assert "identity provider" in away.text
        headers = {"sec-fetch-site": "same-origin"}
        assert client.post("/sign-in", data={"name": "Root", "password": PASSWORD}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"ISSUER": "http://login.example.com"}, "oidc.issuer must begin with https://"),
        ({"ISSUER": "https://login.example.com"}, "oidc.client_id"),
        ({"PASSWORDS": "off"}, "oidc.passwords"),
        ({"PASSWORDS": "maybe"}, "on or off"),
        ({"GROUPS": "sre"}, "oidc.groups"),
        ({"GROUPS": "sre=Leeds:owner"}, "oidc.groups"),
        ({"CLIENT_SECRET_FILE": "/nowhere/secret"}, "oidc.client_secret_file"),
    ],
)
def test_settings_that_can_not_work_are_said_at_the_start(tmp_path: Path, settings: dict[str, str], what: str) -> None:
    right = {} if "ISSUER" in settings else {"ISSUER": "https://login.example.com", "CLIENT_ID": "rflow"}
    environ = {f"RFLOW_OIDC_{name}": value for name, value in (right | settings).items()}
    refused = Program(tmp_path, store=str(tmp_path / "a.db")).run("serve", "--port", str(free_port()), **environ)
    assert refused.code in (2, 6)
    assert what in refused.err
