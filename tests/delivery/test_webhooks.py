"""Posting, seen from both ends: what a real server on this machine received, and what the person is shown."""

import itertools
import os
import pprint
import re
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow import __version__
from rflow.delivery.http import Response
from rflow.delivery.webhooks import MaybePosted, post
from rflow.delivery.webhooks.outcomes import NotPosted, Posted
from rflow.delivery.webhooks.responses import interpret
from rflow.delivery.webhooks.targets import WebhookTarget, redact_url, webhook_target
from rflow.errors import Exit, NotDelivered, UsageProblem
from support.needs import need
from support.web import webhook_server as scenes
from support.web.webhook_server import Server, reply

TOKEN = "xK9sECRETt0kenZ7qLm"
PATH = f"/services/T0LEEDS99/B0PRINT42/{TOKEN}?sig=aB3%2FdEf9-ghIjKl0mNo"
SECRETS = ("T0LEEDS99", "B0PRINT42", TOKEN, TOKEN[:12], "aB3%2FdEf9", "aB3/dEf9", "ghIjKl0mNo")
SUMMARY = '{"text": "Printer in Leeds is offline – 2 steps tried 🖨"}'.encode()
SOON = 2.0
"""Seconds after which a test gives up on a server that hangs; a busy machine needs some of them to connect."""
MINUTE = "Thu, 19 Nov 2026 10:00:00 GMT"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def send(
    url: str, kind: str = "json", *, body: bytes = SUMMARY, waits: list[float] | None = None, **more: Any
) -> Posted:
    """Post without really waiting between tries."""
    sleep = ([] if waits is None else waits).append
    return post(webhook_target("noc", kind, url), body, idempotency_key="01JD-42", sleep=sleep, **more)


def refused(url: str, kind: str = "json", **more: Any) -> NotDelivered:
    """Post where that fails, and search everything that the error shows for the secret."""
    with pytest.raises(NotDelivered) as caught:
        send(url, kind, **more)
    error = caught.value
    assert error.exit_code == Exit.NOT_DELIVERED
    assert '"noc"' in error.what
    keeps_secret(error)
    return error


def keeps_secret(error: BaseException) -> None:
    inside = error.__traceback__ and error.__traceback__.tb_next  # the frames below the test, which knows the URL
    while inside and "/tests/" in inside.tb_frame.f_code.co_filename.replace(os.sep, "/"):
        inside = inside.tb_next
    detailed = traceback.TracebackException(type(error), error, inside, capture_locals=True)
    parts = [str(error), repr(error), repr(error.args), repr(vars(error)), *traceback.format_exception(error)]
    shown = "\n".join([*parts, *detailed.format()]).lower()
    assert "post(" in shown
    assert not [secret for secret in SECRETS if secret.lower() in shown]


def maybe_posted(error: NotDelivered) -> bool:
    """Whether the summary may have arrived, according to the class of the error and to its message alike."""
    unknown = isinstance(error, MaybePosted)
    assert ("may have been posted" in error.what) == ("--again" in error.try_) == unknown
    assert ("Nothing was posted" in error.what) != unknown
    return unknown


# --- what is accepted


def test_the_summary_arrives_once_byte_for_byte_with_its_headers() -> None:
    with Server(reply(204)) as server:
        posted = send(server.base + PATH)
    assert posted == Posted(status=204, attempts=1, message="sent to noc: accepted (HTTP 204)")
    (request,) = server.requests
    assert request.line == f"POST {PATH} HTTP/1.1"
    assert request.body == SUMMARY
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["user-agent"] == f"rflow/{__version__}"
    assert request.headers["idempotency-key"] == "01JD-42"


@pytest.mark.parametrize(
    ("kind", "status", "body", "said"),
    [
        ("teams", 202, b"", "sent to noc: accepted by the workflow; Teams does not confirm delivery"),
        ("teams", 200, b"1", "sent to noc: accepted by the workflow; Teams does not confirm delivery"),
        ("slack", 200, b"ok", "posted to noc (the server answered ok)"),
        ("slack", 200, b"<html>Sign in", "sent to noc: accepted (HTTP 200)"),
        ("json", 200, b"ok", "sent to noc: accepted (HTTP 200)"),
        ("json", 201, b"\xff\xfe\x00\xd8", "sent to noc: accepted (HTTP 201)"),
    ],
)
def test_the_message_claims_no_more_than_is_known(kind: str, status: int, body: bytes, said: str) -> None:
    with Server(reply(status, body)) as server:
        assert send(server.base + PATH, kind).message == said


def test_an_old_connector_that_fails_with_status_200() -> None:
    body = b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413"
    with Server(reply(200, body)) as server:
        error = refused(server.base + PATH, "teams")
    assert "did not deliver the message" in error.what
    assert "HTTP error 413" in error.what
    assert not maybe_posted(error)


@pytest.mark.slow
def test_an_accepted_status_counts_even_if_the_body_comes_too_slowly() -> None:
    with Server(scenes.drip(b"x" * 500, whole=b"HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n")) as server:
        assert send(server.base + PATH, timeout=SOON).status == 202


# --- what is refused


@pytest.mark.parametrize(
    ("kind", "status", "body", "words", "advice"),
    [
        ("slack", 400, b"invalid_blocks", "(HTTP 400, invalid_blocks: Slack can't read its blocks)", "--dry-run"),
        ("slack", 403, b"invalid_token", "the webhook's URL is no longer valid", "targets.noc.url"),
        ("slack", 403, b"action_prohibited", "the workspace does not allow it", "another channel"),
        ("slack", 404, b"no_service", "the webhook was removed or disabled", "Create a new webhook"),
        ("slack", 410, b"channel_is_archived", "its channel is archived", "another channel"),
        ("teams", 401, b'{"error":{"code":"Auth","message":"Signature is off."}}', '"Signature is off."', "Workflows"),
        ("teams", 404, b"", "does not know this webhook (HTTP 404).", "Old connectors are retired"),
        ("teams", 410, b"<html><title>Gone", "has removed this webhook (HTTP 410).", "Old connectors are retired"),
        ("json", 413, b"", "says the message is too large (HTTP 413)", "--brief"),
        ("json", 400, b'{"detail": "no field \\"channel\\""}', 'no field "channel"', "kind"),
        ("json", 418, b'["teapot"]', "refuses the message (HTTP 418).", "--dry-run"),
        ("json", 403, b"not\x1b[31m for\xff you\r\nat all", "not�[31m for� you at all", "new webhook"),
        ("json", 400, b"[" * 20_000, "does not accept the message (HTTP 400)", "kind"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(kind: str, status: int, body: bytes, words: str, advice: str) -> None:
    with Server(reply(status, body)) as server:
        error = refused(server.base + PATH, kind)
    assert words in error.what
    assert advice in error.try_
    assert f"127.0.0.1:{server.port}" in error.what
    assert not maybe_posted(error)
    assert server.visits == 1


def test_an_endless_response_is_read_only_in_part() -> None:
    with Server(scenes.endless) as server:
        error = refused(server.base + PATH)
    assert len(error.what) < 300
    assert server.sent < 20_000_000  # what fits into the buffers on the way


@pytest.mark.slow
@pytest.mark.parametrize("polite", [True, False])
def test_a_refusal_counts_even_before_the_server_has_read_everything(polite: bool) -> None:
    if not polite and sys.platform != "linux":
        pytest.skip("other systems drop an answer that a reset follows")
    with Server(scenes.early(413, polite=polite)) as server:
        error = refused(server.base + PATH, body=b" " * 20_000_000)
    assert "too large (HTTP 413)" in error.what
    assert not maybe_posted(error)


# --- retries: only what certainly did not arrive


@pytest.mark.parametrize("status", [429, 503])
def test_rflow_waits_as_long_as_the_server_asks(status: int) -> None:
    waits: list[float] = []
    with Server(reply(status, Retry_After="7"), reply(200)) as server:
        assert send(server.base + PATH, waits=waits).attempts == 2
    assert waits == [7.0]
    assert [request.headers["idempotency-key"] for request in server.requests] == ["01JD-42"] * 2


@pytest.mark.parametrize(
    ("date", "seconds"), [("Thu, 19 Nov 2026 10:00:12 GMT", 12.0), ("Thursday, 19-Nov-26 10:00:29 GMT", 29.0)]
)
def test_a_date_to_wait_for_is_compared_with_the_server_s_clock(date: str, seconds: float) -> None:
    waits: list[float] = []
    with Server(reply(429, Retry_After=date, Date=MINUTE), reply(200)) as server:
        send(server.base + PATH, waits=waits)
    assert waits == [seconds]


@pytest.mark.parametrize("after", [None, "0", "soon", "-5", "Thu, 19 Nov 2020 10:00:00 GMT", "Thu, 99 Foo 2020"])
def test_without_a_time_to_wait_the_pauses_double_and_vary(after: str | None) -> None:
    waits: list[float] = []
    headers = {"Retry_After": after} if after else {}
    with Server(reply(429, b"rate_limited", **headers)) as server:
        error = refused(server.base + PATH, waits=waits)
    assert "accepts no more messages at the moment (HTTP 429)" in error.what
    assert "Nothing was posted after 4 attempts." in error.what
    assert not maybe_posted(error)
    assert server.visits == 4
    assert [low <= wait <= 2 * low for low, wait in zip((0.25, 0.5, 1.0), waits, strict=True)] == [True] * 3


@pytest.mark.parametrize("after", ["300", "Thu, 19 Nov 2026 10:05:00 GMT"])
def test_a_wait_that_is_too_long_is_reported_instead(after: str) -> None:
    waits: list[float] = []
    with Server(reply(429, Retry_After=after, Date=MINUTE)) as server:
        error = refused(server.base + PATH, waits=waits)
    assert "asked to wait 300 s" in error.what
    assert "later" in error.try_
    assert not maybe_posted(error)
    assert waits == []
    assert server.visits == 1


def test_a_date_without_the_server_s_clock_is_compared_with_our_own() -> None:
    with Server(reply(429, Retry_After="Fri, 01 Jan 2100 00:00:00 GMT")) as server:
        assert "asked to wait" in refused(server.base + PATH).what
    assert server.visits == 1


def test_all_waits_together_have_a_limit() -> None:
    waits: list[float] = []
    with Server(reply(503, Retry_After="25")) as server:
        error = refused(server.base + PATH, waits=waits)
    assert waits == [25.0, 25.0]
    assert "asked to wait 25 s" in error.what
    assert server.visits == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_server_that_fails_may_have_posted_it_so_it_is_not_sent_again(status: int) -> None:
    with Server(reply(status, b"rollup_error")) as server:
        error = refused(server.base + PATH, "slack")
    assert f'failed (HTTP {status}): "rollup_error". The summary may have been posted.' in error.what
    assert maybe_posted(error)
    assert server.visits == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (scenes.hang, "did not answer within 2 s"),
        (scenes.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500 + b"\r\n\r\n"), "did not answer within 2 s"),
        (scenes.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 40), "did not answer within 2 s"),
        (scenes.reset, "closed the connection without an answer"),
        (scenes.raw(b""), "closed the connection without an answer"),
        (scenes.raw(b"220 mail.example ESMTP\r\n"), "not HTTP"),
        (scenes.raw(b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 200 + b"\r\n"), "not HTTP"),
        (scenes.raw(b"HTTP/1.1 103 Early Hints\r\n\r\n"), "failed (HTTP 103)"),
    ],
)
def test_a_message_sent_without_a_clear_answer_may_have_been_posted(scene: scenes.Scene, words: str) -> None:
    with Server(scene, reply(200)) as server:
        error = refused(server.base + PATH, timeout=SOON if "within" in words else 10)
    assert words in error.what
    assert maybe_posted(error)
    assert server.visits == 1


def test_a_connection_that_breaks_while_sending_is_retried() -> None:
    waits: list[float] = []
    with Server(scenes.reset_in_the_middle, reply(200)) as server:
        posted = send(server.base + PATH, body=b" " * 20_000_000, waits=waits)
    assert posted.attempts == 2
    assert len(waits) == 1
    assert [len(request.body) for request in server.requests] == [20_000_000]


@pytest.mark.slow
def test_a_server_that_does_not_read_is_given_up() -> None:
    with Server(scenes.deaf) as server:
        error = refused(server.base + PATH, body=b" " * 20_000_000, timeout=SOON)
    assert "did not read the whole message within 2 s" in error.what
    assert not maybe_posted(error)
    assert server.visits == 1


def test_a_closed_port_is_retried_and_then_reported() -> None:
    waits: list[float] = []
    error = refused(f"http://127.0.0.1:{scenes.closed_port()}{PATH}", waits=waits)
    assert "can't be reached: " in error.what
    assert "refused. Nothing was posted after 4 attempts." in error.what
    assert len(waits) == 3
    assert not maybe_posted(error)


def test_an_unknown_host_name_is_reported() -> None:
    error = refused(f"https://noc.invalid{PATH}", attempts=1)
    assert '"noc" (noc.invalid) can\'t be reached: unknown host name' in error.what
    assert not maybe_posted(error)


@pytest.mark.slow
def test_a_name_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released, real = threading.Event(), socket.getaddrinfo

    def slow(*args: Any, **more: Any) -> Any:
        released.wait(10)
        return real("127.0.0.1", *args[1:], **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    error = refused(f"https://noc.example{PATH}", timeout=SOON)
    assert not released.is_set()
    released.set()
    assert "can't be reached: no answer within 2 s. Nothing was posted." in error.what
    assert not maybe_posted(error)


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_host_never_sees_the_message(status: int) -> None:
    with Server(reply(200)) as other, Server(reply(status, Location=f"http://localhost:{other.port}{PATH}")) as server:
        error = refused(server.base + PATH)
    assert f"redirects to localhost (HTTP {status}), and rflow does not follow redirects" in error.what
    assert not maybe_posted(error)
    assert (server.visits, other.visits) == (1, 0)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (PATH, "redirects to itself"),
        (f"http://127.0.0.1:1/{TOKEN}", "redirects to itself"),
        (f"https://{TOKEN}:{TOKEN}@evil.example/{TOKEN}", "redirects to evil.example "),
        (f"https://{TOKEN}.evil.example/", "redirects to ….evil.example "),
        ("https://[evil", "redirects without a valid address"),
        ("", "redirects without a valid address"),
    ],
)
def test_a_redirect_is_reported_with_its_host_only(location: str, words: str) -> None:
    with Server(reply(302, Location=location)) as server:
        error = refused(server.base + PATH)
    assert words in error.what
    assert server.visits == 1


# --- the URL is a secret

ECHOES = [
    PATH,
    PATH.upper(),
    PATH.replace("/", "\\/"),
    PATH.replace("/", "%2F"),
    PATH.replace("%2F", "/"),
    PATH[:-6],
    TOKEN[:12],
    TOKEN[4:],
    f"x{TOKEN}x",
]


@pytest.mark.parametrize(("echo", "status"), [*itertools.product(ECHOES, [400, 500])])
def test_a_quoted_response_never_contains_the_secret(echo: str, status: int) -> None:
    with Server(reply(status, f"The trigger {echo} is not enabled".encode())) as server:
        error = refused(server.base + PATH)
    assert "The trigger" in error.what
    assert "is not enabled" in error.what


@given(st.text(), st.text())
def test_no_text_around_the_secret_reveals_it(before: str, after: str) -> None:
    noc = webhook_target("noc", "json", f"https://noc.example{PATH}")
    outcome = interpret(noc, Response(status=400, body=f"{before}{TOKEN}{after}".encode(errors="replace")), 1)
    assert isinstance(outcome, NotPosted)
    assert TOKEN not in outcome.what


def test_a_target_is_printed_with_its_host_only() -> None:
    noc = webhook_target("noc", "slack", f"https://hooks.slack.com{PATH}")
    shown = "WebhookTarget(name='noc', kind='slack', url='https://hooks.slack.com/…')"
    assert [repr(noc), str(noc), f"{noc}", pprint.pformat([noc])] == [shown, shown, shown, f"[{shown}]"]
    assert not [secret for secret in SECRETS if secret in repr(noc.__rich_repr__())]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://hooks.slack.com{PATH}", "https://hooks.slack.com/…"),
        (f" https://prod-1.westus.logic.azure.com:443{PATH}\n", "https://prod-1.westus.logic.azure.com/…"),
        (f"https://noc.example:8443{PATH}", "https://noc.example:8443/…"),
        (f"http://[::1]:8080{PATH}", "http://[::1]:8080/…"),
        (f"https://noc.example?key={TOKEN}", "https://noc.example/…"),
        (f"https://joe:{TOKEN}@noc.example/", "…"),
        (f"https://noc.example:{TOKEN}/", "…"),
        (f"https://[{TOKEN}/", "…"),
        (TOKEN, "…"),
        (f"{TOKEN}://noc.example/", "…"),
        ("", "…"),
    ],
)
def test_a_url_is_shown_without_its_secret(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    ("path", "echo"),
    [
        (f"?key={TOKEN}", TOKEN),
        ("/hook/se(cr)et", "se%28cr%29et"),
        ("/hook/s%C3%A9cr%2Ft", "sécr/t"),
        ("/hook/s%C3%A9cr%2Ft", "s%c3%a9cr%2ft"),
    ],
)
def test_a_secret_is_recognised_in_every_spelling(path: str, echo: str) -> None:
    with Server(reply(400, f"bad key {echo}".encode())) as server:
        assert '"bad key …"' in refused(server.base + path).what


# --- targets are checked when they are made


@pytest.mark.parametrize(
    ("name", "kind", "url", "words"),
    [
        ("noc", "slack", f"http://hooks.slack.com{PATH}", "http:// is for loopback addresses only"),
        ("noc", "json", f"http://127.0.0.1.evil.example{PATH}", "http:// is for loopback addresses only"),
        ("noc", "json", f"http://10.0.0.7{PATH}", "http:// is for loopback addresses only"),
        ("noc", "json", f"ftp://noc.example{PATH}", "must begin with https://"),
        ("noc", "json", f"hooks.slack.com{PATH}", "must begin with https://"),
        ("noc", "json", f"https://joe:{TOKEN}@noc.example/", "contains a user name"),
        ("noc", "json", f"https://noc.example/{TOKEN} x", "contains blanks"),
        ("noc", "json", f"https://noc.example/{TOKEN}\r\nX-Evil: 1", "contains blanks"),
        ("noc", "json", f"https://nöc.example/{TOKEN}", "outside ASCII"),
        ("noc", "json", f"https://noc.example:{TOKEN}/", "can't be read"),
        ("noc", "json", f"https://noc.example:99999/{TOKEN}", "can't be read"),
        ("noc", "json", f"https:///{TOKEN}", "has no valid host"),
        ("noc", "json", f"https://{'x' * 64}.example/{TOKEN}", "has no valid host"),
        ("noc", "json", f"https://noc..example/{TOKEN}", "has no valid host"),
        ("noc", "json", "  ", "is empty"),
        ("noc", "teams", f"https://hooks.slack.com{PATH}", "is of kind teams, but hooks.slack.com accepts slack"),
        ("noc", "json", f"https://hooks.slack.com{PATH}", "is of kind json, but hooks.slack.com accepts slack"),
        ("noc", "slack", f"https://prod-1.westus.logic.azure.com:443{PATH}", "accepts teams or json"),
        ("noc", "slack", f"https://x.61.environment.api.powerplatform.com{PATH}", "accepts teams or json"),
        ("noc", "json", f"https://leeds.webhook.office.com{PATH}", "accepts teams"),
        ("noc", "discord", f"https://noc.example{PATH}", 'has the unknown kind "discord"'),
        ("noc", "", f"https://noc.example{PATH}", "has no kind, and noc.example does not imply one"),
        ("NOC", "json", f"https://noc.example{PATH}", "not a valid name for a target"),
        ("no_c", "json", f"https://noc.example{PATH}", "not a valid name for a target"),
        ("-noc", "json", f"https://noc.example{PATH}", "not a valid name for a target"),
        ("no.c", "json", f"https://noc.example{PATH}", "not a valid name for a target"),
        ("", "json", f"https://noc.example{PATH}", "not a valid name for a target"),
    ],
)
def test_an_unusable_target_is_refused(name: str, kind: str, url: str, words: str) -> None:
    with pytest.raises(UsageProblem, match=re.escape(words)) as caught:
        webhook_target(name, kind, url)
    shown = "".join(traceback.format_exception(caught.value)).lower().replace(url.lower(), "")
    assert caught.value.__context__ is None
    assert TOKEN.lower() not in str(caught.value).lower()
    assert TOKEN.lower() not in shown.partition("usageproblem: ")[2]


@pytest.mark.parametrize(
    ("kind", "url", "known"),
    [
        ("", f"https://hooks.slack.com{PATH}", "slack"),
        ("", f"https://x.61.environment.api.powerplatform.com:443{PATH}", "teams"),
        ("json", f"https://prod-1.westus.logic.azure.com:443{PATH}", "json"),
        ("slack", f"https://hooks.slack.com.evil.example{PATH}", "slack"),
        ("teams", f"https://noc.example{PATH}", "teams"),
        ("json", f"http://[::1]:9{PATH}", "json"),
        ("json", f"http://localhost:9{PATH}", "json"),
    ],
)
def test_a_known_host_decides_the_kind_of_a_target(kind: str, url: str, known: str) -> None:
    noc = webhook_target("noc", kind, f" {url}\n")
    assert (noc.kind, noc.url) == (known, url)


def test_an_unchecked_target_is_checked_before_anything_is_sent() -> None:
    with pytest.raises(UsageProblem, match="loopback") as caught:
        post(WebhookTarget(name="noc", kind="json", url=f"http://noc.example{PATH}"), SUMMARY, idempotency_key="1")
    keeps_secret(caught.value)


# --- TLS and proxies


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("openssl")
    return scenes.self_signed(tmp_path_factory.mktemp("tls"), "127.0.0.1", "hooks.slack.com")


def test_a_server_with_an_untrusted_certificate_gets_nothing(certificate: Path) -> None:
    with Server(reply(200), certificate=certificate) as server:
        error = refused(server.base + PATH)
    assert "has a certificate that is not trusted (self" in error.what
    assert "SSL_CERT_FILE" in error.try_
    assert not maybe_posted(error)
    assert (server.visits, server.requests) == (1, [])


def test_a_server_with_another_server_s_certificate_gets_nothing(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server(reply(200), certificate=certificate) as server:
        error = refused(f"https://localhost:{server.port}{PATH}")
    assert "has a certificate that is not trusted" in error.what
    assert server.requests == []


def test_a_trusted_server_gets_the_summary_over_tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server(reply(200), certificate=certificate) as server:
        send(server.base + PATH, body=SUMMARY * 20_000)
    assert server.requests[0].body == SUMMARY * 20_000


@pytest.mark.slow
def test_the_deadline_also_holds_over_tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    slow = scenes.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500 + b"\r\n\r\n")
    with Server(slow, certificate=certificate) as server:
        assert maybe_posted(refused(server.base + PATH, timeout=SOON))


def test_a_connection_reset_before_anything_was_sent_is_retried() -> None:
    waits: list[float] = []
    with Server(scenes.reset_in_the_middle) as server:
        error = refused(f"https://127.0.0.1:{server.port}{PATH}", waits=waits)
    assert "can't be reached" in error.what
    assert not maybe_posted(error)
    assert (server.visits, len(waits)) == (4, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "timeout", "words"), [(scenes.babble, 10, "no TLS ("), (scenes.deaf, SOON, "no answer within 2 s")]
)
def test_a_server_without_tls_is_reported(scene: scenes.Scene, timeout: float, words: str) -> None:
    with Server(scene) as server:
        error = refused(f"https://127.0.0.1:{server.port}{PATH}", timeout=timeout)
    assert words in error.what
    assert not maybe_posted(error)
    assert server.visits == 1


@pytest.mark.parametrize("scheme", ["", "http://", "http://joe:pa%24s@"])
def test_a_proxy_passes_the_summary_on_without_seeing_it(
    scheme: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server(reply(200, b"ok"), certificate=certificate) as slack, Server(scenes.tunnel_to(slack.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}127.0.0.1:{proxy.port}")
        posted = send(f"https://hooks.slack.com{PATH}", "slack")
    assert posted.message == "posted to noc (Slack answered ok)"
    assert slack.requests[0].headers["host"] == "hooks.slack.com"
    assert slack.requests[0].body == SUMMARY
    (asked,) = proxy.requests
    assert asked.line.startswith("CONNECT hooks.slack.com:443 HTTP/1.")
    assert asked.headers.get("proxy-authorization") == ("Basic am9lOnBhJHM=" if "joe" in scheme else None)
    assert proxy.passed
    assert not [secret for secret in SECRETS if secret.encode() in proxy.passed + repr(asked).encode()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "words", "visits"),
    [
        (reply(407), "it answered HTTP 407", 1),
        (reply(502), "it answered HTTP 502", 1),
        (scenes.raw(b"SSH-2.0-OpenSSH\r\n"), "it does not speak HTTP", 1),
        (scenes.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 40), "no answer within 2 s", 1),
        (scenes.raw(b""), "the connection was closed", 4),
    ],
)
def test_a_proxy_that_refuses_is_reported(
    scene: scenes.Scene, words: str, visits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(scene) as proxy:
        monkeypatch.setenv("https_proxy", f"http://joe:{TOKEN}@127.0.0.1:{proxy.port}")
        error = refused(f"https://hooks.slack.com{PATH}", "slack", timeout=SOON if "within" in words else 10)
    assert f'"noc" (hooks.slack.com) can\'t be reached through the proxy 127.0.0.1:{proxy.port}: {words}' in error.what
    assert not maybe_posted(error)
    assert proxy.visits == visits


@pytest.mark.parametrize(
    ("proxy", "words"),
    [("socks5://127.0.0.1:1", "must be an http:// URL"), (f"http://127.0.0.1:{TOKEN}", "can't be read")],
)
def test_an_unusable_proxy_is_reported(proxy: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    assert words in refused(f"https://hooks.slack.com{PATH}", "slack").what


def test_neither_this_machine_nor_no_proxy_hosts_go_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "noc.invalid")
    with Server(reply(200)) as server, Server(reply(407)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        send(server.base + PATH)
        assert "unknown host name" in refused(f"https://noc.invalid{PATH}", attempts=1).what
    assert (server.visits, proxy.visits) == (1, 0)


# --- what is loaded


def test_targets_are_made_without_loading_the_network() -> None:
    code = """
import sys
from rflow.delivery.webhooks import post
from rflow.delivery.webhooks.targets import redact_url, webhook_target
webhook_target("noc", "", "https://hooks.slack.com/services/T/B/X")
print([name for name in ("http.client", "ssl", "socket", "urllib.request", "email", "random") if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_outcome_can_be_stored() -> None:
    posted = Posted(status=202, attempts=2, message="accepted (HTTP 202)")
    assert msgspec.json.decode(msgspec.json.encode(posted), type=Posted) == posted


@pytest.mark.parametrize("path", ["triggers/T0/1/abc", "workflows/T0/A0/1/abc"])
def test_the_url_that_starts_a_slack_workflow_is_told_from_that_of_a_webhook(path: str) -> None:
    with pytest.raises(UsageProblem, match="starts a Slack workflow") as refused:
        webhook_target("noc", "", f"https://hooks.slack.com/{path}")
    assert "abc" not in refused.value.what + refused.value.try_
    assert webhook_target("noc", "", "https://hooks.slack.com/services/T0/B0/abc").kind == "slack"
