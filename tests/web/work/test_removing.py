"""Removing the texts of an entry, and whole sessions, over HTTP: asked before, for good, and only by whom it is due."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rflow.core.session.commands import AddNote, Start
from rflow.core.session.log import Log
from rflow.core.session.texts import TEXTS
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.team.team import Team
from rflow.web.work.call import Call, HtmlPage, PageRequest, Result
from rflow.web.work.pages.removing import entries, entry
from rflow.web.work.site import Site
from rflow.web.work.texts import REMOVABLE
from support.program import Program
from support.team import BEN as BEN_HERE
from support.team import team_in
from support.web.server import Served
from support.web.visitor import BEN, Visitor, team_served

pytestmark = pytest.mark.slow

SECRET = "hunter2-of-the-till"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with team_served(tmp_path_factory.mktemp("team")) as server:
        root = server.ana.at(user="Root", terminal="root")
        for name, role in ((BEN, "member"), ("Cleo", "member"), ("Eva", "reader")):
            root.ok("space", "members", "Leeds", "--add", name, "--role", role)
        yield server


@pytest.fixture
def terminal(served: Served, request: pytest.FixtureRequest) -> Program:
    return served.ana.at(terminal=request.node.name)


@pytest.fixture
def path(terminal: Program) -> str:
    code = terminal.json("start", "--title", "Till 3 is slow", "--space", "Leeds", "--json")["code"]
    return f"/sessions/{code}"


def test_every_kind_of_text_that_can_be_removed_has_a_name() -> None:
    written = {kind for kind, texts in TEXTS.items() if any(text.written for text in texts)}
    assert set(REMOVABLE) == written


def test_a_short_form_is_not_called_a_correction(ben: Visitor, terminal: Program, path: str) -> None:
    terminal.ok("note", "Signed in at the till and printed three labels")
    terminal.ok("shorten", "2", "three labels printed")
    assert "Undo “the short form”" in ben.go(path).text
    removed = ben.go(f"{path}/redact/2").text
    assert re.search(r"Short form 3 .*three labels printed", removed), removed
    assert "Correction 3" not in removed


def test_a_secret_is_removed_with_its_corrections_after_a_page_has_shown_them(
    ben: Visitor, terminal: Program, path: str
) -> None:
    ben.go(path).submit(f"{path}/add", text="Signed in at the till", came=f"works with {SECRET}", output=SECRET)
    ben.submit(f"{path}/amend", outcome=f"works with {SECRET}, too")
    link = re.search(rf"{path}/redact/\d+", ben.page.text)
    assert link is not None
    ben.go(link[0])
    assert "It can’t be undone" in ben.text and f"works with {SECRET}, too" in ben.text
    assert f"works with {SECRET}" in ben.text.replace(", too", "")
    ben.submit(link[0])
    assert (ben.at, "are removed for good." in ben.text, "[removed]" in ben.text) == (path, True, True)
    assert ben.page.text.count(SECRET) > 0  # the output is an entry of its own
    piece = terminal.json("show", "--json")["evidence"][0]["seq"]
    ben.go(f"{path}/redact/{piece}")
    assert "The whole content of this output" in ben.text
    ben.submit(f"{path}/redact/{piece}")
    assert SECRET not in ben.go(path).page.text
    assert ben.go(f"{path}/evidence/{piece}").page.status_code == 404
    store = Path(terminal.variables["RFLOW_STORE"])
    assert all(SECRET.encode() not in file.read_bytes() for file in store.parent.glob(f"{store.name}*"))
    assert ben.go(f"{path}/redact/{piece}").page.status_code == 404


def test_what_another_wait_repeats_is_shown_before_it_goes_too_and_no_more_of_it(
    ben: Visitor, terminal: Program, path: str
) -> None:
    terminal.ok("wait", "Bob: looks", "--if", f"the password is {SECRET}", "--then", "log in")
    terminal.ok("wait", "Bob: calls")
    (wait,) = terminal.show()["waiting"]
    link = f"{path}/redact/{wait['seq'] - 1}"
    terminal.ok("wait", "--replaces", str(wait["seq"]), "--until", "2h")
    ben.go(link)
    assert (ben.text.count(SECRET), "Bob: looks" in ben.text, "Bob: calls" in ben.text) == (3, True, False)
    ben.submit(link)
    assert SECRET not in ben.go(path).page.text and "Bob: calls" in ben.text


def test_the_list_has_all_that_one_may_remove_and_no_more(
    ben: Visitor, cleo: Visitor, terminal: Program, path: str
) -> None:
    terminal.ok("note", "The customer is Ms Smith")
    terminal.ok("brief", "--ask", "Who has the key?")
    cleo.go(path).submit(f"{path}/add", kind="warning", text="Do not call Ms Smith")
    listed = cleo.go(f"{path}/redact").text
    assert "Do not call Ms Smith" in listed and "The customer is" not in listed
    listed = ben.go(path).go(f"{path}/redact").text
    for text in ("Do not call Ms Smith", "The customer is Ms Smith", "Who has the key?", "Till 3 is slow"):
        assert text in listed
    number = re.findall(r"/redact/(\d+)", ben.page.text)[0]
    assert ben.go(f"{path}/redact/{number}").submit(f"{path}/redact/{number}").at == path
    assert "Do not call Ms Smith" not in ben.go(f"{path}/redact").text
    ben.go(path).submit(f"{path}/close", summary="A loose cable")
    assert "A loose cable" in ben.go(path).go(f"{path}/redact").text  # a closed session too


def test_one_removes_ones_own_reply_result_and_revert_where_the_entry_is_somebody_elses(
    ben: Visitor, cleo: Visitor, terminal: Program, path: str
) -> None:
    terminal.ok("question", "Cleo", "Who has the key?")
    question = terminal.json("show", "--json")["version"]
    terminal.ok("warn", "The till is open")
    terminal.ok("change", "Took out the drawer", "--revert", "Put it back")
    code, there = path.rpartition("/")[2], terminal.at(user="Cleo", terminal="cleo")
    there.ok("-s", code, "reply", str(question), f"Ms Smith, {SECRET}")
    there.ok("-s", code, "warn", "--over", str(question + 1), f"It is shut: {SECRET}")
    there.ok("resume", code, "--take", "--reason", "Ben is at lunch")
    there.ok("change", "--reverted", str(question + 2), "--note", f"Is back, code {SECRET}")
    terminal.at(terminal="afternoon").ok("resume", code, "--take", "--reason", "Back from lunch")
    for said in ("Ms Smith,", "It is shut:", "Is back, code"):
        assert f"{said} {SECRET}" in cleo.go(f"{path}/redact").text
    listed = ben.go(f"{path}/redact").text
    assert ("Who has the key?" in listed, "Took out the drawer" in listed, SECRET in listed) == (True, True, False)
    while links := re.findall(rf"{path}/redact/\d+", cleo.go(f"{path}/redact").page.text):
        assert cleo.go(links[0]).submit(links[0]).at == path
    assert SECRET not in cleo.go(path).page.text
    assert "Who has the key?" in cleo.page.text


class Written(LocalWorkspace):
    """What somebody can do with sessions, where somebody else writes a note whenever a session's events are read."""

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read events, to which a note was added just before."""
        LocalWorkspace(self.store, BEN_HERE, clock=self.now).send(session_id, AddNote(text="It hums again"))
        return super().load(session_id, after)


@pytest.mark.parametrize("show", [entries, entry])
def test_what_is_written_while_the_page_is_made_is_on_it(tmp_path: Path, show: Callable[[Call], Result]) -> None:
    with team_in(tmp_path) as team:
        id_ = team.at(BEN_HERE).start(Start(title="Till 3 is slow", space="leeds")).session
        request = PageRequest(
            method="GET",
            path="/",
            path_params={"session": id_, "seq": "1"},
            token=team.sign_in.open_session(BEN_HERE),
        )
        call = Call(Site(), Team(team.store, clock=team.clock), request)
        call.workspace = Written(team.store, BEN_HERE, clock=team.clock)
        shown = show(call)
        assert isinstance(shown, HtmlPage)
        assert shown.values["s"].version == 2
        listed = shown.values["entries"] if show is entries else shown.values["removed"]
        assert [each.event.seq for each in listed] == ([2, 1] if show is entries else [1])


def test_a_form_sent_twice_removes_once(ben: Visitor, terminal: Program, path: str) -> None:
    terminal.ok("note", SECRET)
    form = ben.go(f"{path}/redact/2").filled_in(f"{path}/redact/2")
    assert [ben.send(f"{path}/redact/2", form).status_code for _ in range(2)] == [303, 303]
    assert terminal.json("show", "--json")["version"] == 3


def test_what_is_not_there_or_not_ones_own_is_refused_before_it_is_asked(
    served: Served, ben: Visitor, cleo: Visitor, path: str
) -> None:
    assert ben.go(f"{path}/redact/99").page.status_code == 404
    assert ben.go(f"{path}/redact/nothing").page.status_code == 404
    assert cleo.go(f"{path}/redact/1").page.status_code == 403
    assert cleo.go(f"{path}/delete").page.status_code == 403
    eva = Visitor(served.url).sign_in("Eva")
    assert [eva.go(f"{path}/{page}").page.status_code for page in ("redact", "redact/1", "delete")] == [403] * 3
    dev = Visitor(served.url).sign_in("Dev")
    assert [dev.go(f"{path}/{page}").page.status_code for page in ("redact", "redact/1", "delete")] == [404] * 3
    assert "Delete the session" not in cleo.go(path).text and "Remove texts" not in eva.go(path).text


def test_a_session_is_deleted_with_its_links_once_its_code_was_typed(
    served: Served, ben: Visitor, terminal: Program, path: str
) -> None:
    terminal.ok("note", "It hums")
    token = terminal.json("share", "create", "--json")["token"]
    assert "Delete the session" in ben.go(path).text
    ben.go(f"{path}/delete")
    assert "1 note" in ben.text and "1 link to it" in ben.text and "It can’t be undone" in ben.text
    ben.submit(f"{path}/delete", confirm="yes")
    assert (ben.page.status_code, "That is not the code of this session." in ben.text) == (422, True)
    assert served.get(f"/share/{token}").status_code == 200
    form = ben.filled_in(f"{path}/delete") | {"confirm": path.rpartition("/")[2].replace("-", "").lower()}
    sent = ben.send(f"{path}/delete", form)
    assert (sent.status_code, sent.headers["location"]) == (303, "/")
    assert ben.go(path).page.status_code == 404
    assert served.get(f"/share/{token}").status_code == 404
    again = ben.send(f"{path}/delete", form)
    assert (again.status_code, again.headers["location"]) == (303, "/")
    assert ben.send(f"{path}/delete", form | {"command_id": "another"}).status_code == 404


def test_a_lead_removes_what_others_wrote_and_the_audit_says_so(served: Served, terminal: Program, path: str) -> None:
    terminal.ok("note", SECRET)
    root = Visitor(served.url).sign_in("Root").go(f"{path}/redact/2")
    root.submit(f"{path}/redact/2").go("/admin/audit")
    assert ("text redacted" in root.text, SECRET in root.page.text) == (True, False)
    root.go(f"{path}/delete").submit(f"{path}/delete", confirm=path.rpartition("/")[2])
    assert "The session is deleted." in root.text
    assert "session deleted" in root.go("/admin/audit").text
