"""Commands at a server: how many requests the everyday ones cost, and that they say what they say on the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.program import Program, without_times
from support.web.recording_proxy import Recorder, recording
from support.web.team_server import TeamServer, team_at

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    """A server that runs."""
    made = team_at(tmp_path_factory.mktemp("server"))
    with made.running():
        yield made


@pytest.fixture
def proxy(team: TeamServer) -> Iterator[Recorder]:
    with recording(team.port) as recorder:
        yield recorder


@pytest.fixture
def ben(team: TeamServer, proxy: Recorder, tmp_path: Path) -> Program:
    return team.member("Ben Okafor", tmp_path / "ben", proxy.url)


@pytest.mark.parametrize(
    "words",
    [
        ("note", "It hums"),
        ("warn", "Do not reboot it"),
        ("step", "Swapped the cable", "--result", "no change"),
        ("attach", "-"),
        ("progress",),
        ("progress", "-f", "json"),
        ("progress", "-f", "slack", "--brief"),
    ],
    ids=" ".join,
)
def test_an_everyday_command_is_one_request(words: tuple[str, ...], ben: Program, proxy: Recorder) -> None:
    ben.start()
    ben.ok("choose", "Red, steady")
    proxy.take()
    ben.ok(*words, stdin="E42 ribbon")
    assert len(proxy.take()) == 1


def test_a_ticket_names_a_session_for_writing_and_moving_too(ben: Program, team: TeamServer, tmp_path: Path) -> None:
    code = ben.start("label-printer", "--ticket", "INC-4711")
    kitchen = ben.at(terminal="kitchen")
    assert kitchen.ok("-s", "INC-4711", "note", "It hums").err.startswith(code)
    cleo = team.member("Cleo", tmp_path / "cleo")
    assert f"{code} belongs to Ben Okafor" in cleo.refused(5, "-s", "INC-4711", "choose", "Green")
    assert kitchen.ok("-s", "INC-4711", "choose", "Green").err.startswith(code)


@pytest.mark.parametrize("ticket", ["2026/4711", "..", "Till 3 / York #7?"])
def test_a_ticket_may_have_what_an_address_can_not(ticket: str, ben: Program) -> None:
    kitchen = ben.at(terminal="kitchen")
    for words in (("-s", ticket, "note", "It hums"), ("show", ticket)):
        assert f'There is no session "{ticket}"' in kitchen.refused(3, *words)
    code = ben.start("label-printer", "--ticket", ticket)
    assert kitchen.ok("-s", ticket, "note", "It hums").err.startswith(code)
    assert kitchen.show(ticket)["code"] == code
    ben.ok("close", "--outcome", "abandoned")


def test_a_summary_of_a_session_that_is_named_is_one_request(ben: Program, proxy: Recorder) -> None:
    code = ben.start("--title", "The till is slow", "--ticket", "INC-4712")
    for name in (code, "INC-4712"):
        proxy.take()
        ben.at(terminal="kitchen").ok("progress", name)
        assert len(proxy.take()) == 1


def test_a_move_keeps_one_connection(ben: Program, proxy: Recorder) -> None:
    ben.start()
    proxy.take()
    ben.ok("choose", "Red, steady")
    requests = proxy.take()
    assert len(requests) <= 5, [request.path for request in requests]
    assert len({request.connection for request in requests}) == 1


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_a_summary_made_at_a_server_is_that_made_on_it_in_the_readers_own_time_zone(
    zone: str, team: TeamServer, ben: Program
) -> None:
    code = ben.start()
    ben.ok("choose", "Red, steady")
    ben.ok("warn", "Do not reboot it")
    ben.ok("step", "Swapped the cable", "--result", "no change", "--at", "20m")
    ben.ok("brief", "--ask", "Who has the key?", "--impact", "no labels")
    there, away = team.root.at(user="Ben Okafor", real=True), ben.at(real=True)
    for format_ in ("markdown", "teams"):
        words = ("progress", code, "-f", format_)
        local, remote = (without_times(each.ok(*words, TZ=zone).out) for each in (there, away))
        assert remote == local
    offset = {"America/New_York": "-05:00", "Asia/Kolkata": "+05:30"}[zone]
    assert offset in away.ok("progress", code, "-f", "markdown", TZ=zone).out
    one, other = (without_times(each.ok("progress", code, "-f", "json").out) for each in (there, away))
    assert one == other


@pytest.mark.parametrize("address", ["http://bob:sekret@127.0.0.1:9", "http://127.0.0.1:9/?token=sekret"])
def test_a_password_in_the_address_of_a_server_is_refused_and_never_shown(ben: Program, address: str) -> None:
    for words in (("user", "list"), ("token", "list"), ("audit",), ("space", "add", "York"), ("note", "It beeps")):
        for said in (ben.refused(2, *words, RFLOW_STORE=address), ben.refused(2, "--store", address, *words)):
            assert "The address of the server contains" in said and "sekret" not in said
    for words in (("config", "list"), ("config", "get", "store"), ("prompt",), ("doctor",), ("drafts", "list")):
        result = ben.run("--store", address, *words)
        assert "sekret" not in result.out + result.err


@pytest.mark.parametrize("address", ["https://bob:a/sekret@127.0.0.1:9", "HTTPS://bob:sekret@127.0.0.1:9"])
def test_nor_is_one_in_an_address_that_is_none(ben: Program, address: str) -> None:
    for words in (("config", "list"), ("config", "get", "store"), ("user", "list"), ("note", "It beeps"), ("prompt",)):
        result = ben.run("--store", address, *words)
        assert "sekret" not in result.out + result.err


def test_what_is_done_on_the_server_itself_says_so_and_what_a_token_never_may(ben: Program) -> None:
    code = ben.start()
    for words in (("serve",), ("user", "list"), ("token", "list"), ("audit",), ("store", "backup", "x.db")):
        assert "On the server" in ben.refused(2, *words)
    for words, page in ((("user", "list"), "/admin"), (("space", "add", "York"), "/spaces"), (("audit",), "/admin")):
        assert f"in a browser: {ben.store}{page}\n" in ben.refused(2, *words)
    for words in (("store", "info"), ("store", "check"), ("store", "upgrade")):
        assert "on the server itself" in ben.refused(2, *words)
    assert ben.ok("space", "list").out.splitlines()[1].split()[:2] == ["default", "member"]
    assert "not done with a token" in ben.refused(5, "delete", code, "--yes")
    assert "rflow login http://" in ben.at(environ={"RFLOW_TOKEN": "rft_" + "0" * 39}).refused(9, "list")


def test_rflow_alone_looks_for_news_in_few_sessions_and_the_inbox_in_all(
    ben: Program, proxy: Recorder, team: TeamServer, tmp_path: Path
) -> None:
    def asked() -> tuple[str, int]:
        code = ben.start("--title", "A till is slow")
        ben.ok("question", "Cleo", "Which till?")
        proxy.take()
        ben.ok()
        return code, len(proxy.take())

    cleo = team.member("Cleo", tmp_path / "cleo")
    each = [asked() for _ in range(5)]
    costs = [cost for _, cost in each]
    assert costs[0] < costs[1] < costs[2] == costs[3] == costs[4]
    oldest = each[0][0]
    cleo.ok("-s", oldest, "reply", "All of them")
    told = ben.ok("inbox").out
    assert oldest in told and "All of them" in told
