"""Sharing from the pages: a summary to copy, links and who opened them, handing a session off."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from support.program import without_times
from support.team import PASSWORD
from support.web.browser import a_page
from support.web.server import Served
from support.web.visitor import BEN, Visitor, team_served

pytestmark = pytest.mark.slow
SECRET = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with team_served(tmp_path_factory.mktemp("team")) as server:
        yield server


@pytest.fixture(scope="module")
def code(served: Served) -> str:
    """A session of Ben in Leeds, with a secret in a step."""
    ben = served.ana
    made: str = ben.json("start", "--title", "Tunnel to Leeds drops", "--space", "Leeds", "--json")["code"]
    ben.ok("step", f"Restarted the router with token={SECRET}", "--result", "still drops")
    ben.ok("note", "It began on Monday <b>not bold</b>")
    ben.ok("brief", "--ask", "Please approve MR 815")
    return made


# A summary to copy


def test_the_preview_is_what_the_terminal_prints(served: Served, code: str, ben: Visitor) -> None:
    for name in ("slack", "jira", "markdown", "text"):
        for length, words in (("brief", ["--brief"]), ("whole", [])):
            printed = served.ana.ok("progress", code, "-f", name, *words).out
            ben.go(f"/sessions/{code}/share?format={name}&length={length}")
            shown = ben.field("summary")
            assert without_times(shown) == without_times(printed), (name, length)
            assert SECRET not in ben.page.text
    assert "1 token hidden" in ben.text
    assert "1 step, 1 note" in ben.text


def test_a_format_for_programs_is_not_offered(code: str, ben: Visitor) -> None:
    ben.go(f"/sessions/{code}/share?format=teams-card")
    assert (ben.page.status_code, "There is no format" in ben.text) == (422, True)


def test_the_summary_can_be_saved_without_a_script(code: str, ben: Visitor) -> None:
    page = ben.go(f"/sessions/{code}/share/file?format=html&length=whole").page
    assert page.headers["content-disposition"] == f"attachment; filename*=UTF-8''{code}.html"
    assert page.headers["content-security-policy"].startswith("sandbox")
    assert "Tunnel to Leeds drops" in page.text and SECRET not in page.text


def test_readers_may_copy_and_others_find_nothing(served: Served, code: str) -> None:
    eva = Visitor(served.url).sign_in("Eva").go(f"/sessions/{code}/share")
    assert "Copy for Teams" in eva.text
    dev = Visitor(served.url).sign_in("Dev").go(f"/sessions/{code}/share")
    assert (dev.page.status_code, "Leeds" in dev.text) == (404, False)


# Links


def test_a_link_is_shown_once_listed_and_revoked(served: Served, code: str, ben: Visitor) -> None:
    ben.go(f"/sessions/{code}/share").submit(
        f"/sessions/{code}/share/link", expires="8h", views="3", label="for the vendor"
    )
    link = next(word for word in ben.text.split() if "/share/rfs_" in word)
    assert "/share/rfs_" not in ben.go(f"/sessions/{code}/share").text
    ben.go("/shares")
    assert "for the vendor" in ben.text and "0 of 3" in ben.text and "Works" in ben.text
    assert link.rpartition("/")[2] not in ben.page.text  # only its last characters
    ben.submit("/shares", revoke=made_last(served)["id"])
    assert "1 link revoked" in ben.text
    assert httpx.get(link).status_code == 404
    assert "Revoked by you" in ben.go("/shares?ended=1").text


def made_last(served: Served) -> dict[str, Any]:
    links: list[dict[str, Any]] = served.ana.json("share", "list", "--json")
    return max(links, key=lambda link: link["created_at"])


def test_several_links_end_at_once(served: Served, code: str, ben: Visitor) -> None:
    for _ in range(2):
        ben.go(f"/sessions/{code}/share").submit(f"/sessions/{code}/share/link")
    live = [link["id"] for link in served.ana.json("share", "list", "--json") if link["state"] == "live"]
    ben.go("/shares").submit("/shares", link=live)
    assert f"{len(live)} links revoked" in ben.text
    assert not [link for link in served.ana.json("share", "list", "--json") if link["state"] == "live"]
    assert "No link was chosen" in ben.go("/shares").submit("/shares", link=[]).text


def test_what_is_wrong_with_a_link_is_said_and_nothing_is_lost(code: str, ben: Visitor) -> None:
    form = f"/sessions/{code}/share/link"
    ben.go(f"/sessions/{code}/share").submit(form, views="-1", label="for the vendor")
    assert ben.page.status_code == 422
    assert "must be a number from 1" in ben.text and 'value="for the vendor"' in ben.page.text
    ben.go(f"/sessions/{code}/share").submit(form, expires="never")
    assert "can't work for that long here" in ben.text


def test_only_those_who_may_revoke_a_link(served: Served, code: str, ben: Visitor) -> None:
    ben.go(f"/sessions/{code}/share").submit(f"/sessions/{code}/share/link")
    link = made_last(served)["id"]
    cleo = Visitor(served.url).sign_in("Cleo").go("/shares")
    assert "Tunnel to Leeds" not in cleo.text  # neither made by her nor to a session of hers
    assert cleo.submit("/shares", revoke=link).page.status_code == 403
    dev = Visitor(served.url).sign_in("Dev").go("/shares")
    assert dev.submit("/shares", revoke=link).page.status_code == 404
    assert made_last(served)["state"] == "live"


def test_the_page_of_a_link_lists_its_views_and_sets_its_password(served: Served, code: str, ben: Visitor) -> None:
    ben.go(f"/sessions/{code}/share").submit(f"/sessions/{code}/share/link")
    link = next(word for word in ben.text.split() if "/share/rfs_" in word)
    httpx.get(link, headers={"user-agent": "Firefox of Cleo"})
    made = made_last(served)
    served.views(made, 1)
    ben.go(f"/shares/{made['id']}")
    assert "Firefox of Cleo" in ben.text
    ben.submit(f"/shares/{made['id']}/password", password="four words are enough")
    assert "has the new password" in ben.text
    assert "Tunnel" not in httpx.get(link).text


def test_a_link_form_sent_twice_makes_one_link_and_asked_for_again_leads_back(
    served: Served, code: str, ben: Visitor
) -> None:
    address = f"/sessions/{code}/share/link"
    form = ben.go(f"/sessions/{code}/share").filled_in(address) | {"label": "for the bank"}
    assert "The link is made" in ben.send(address, form).text
    again = ben.send(address, form)
    assert (again.status_code, "The link is made" in again.text) == (422, False)
    assert "was sent twice" in again.text and "My shares" in again.text
    assert ben.go("/shares").text.count("for the bank") == 1
    back = ben.send(address)
    assert (back.status_code, back.headers["location"]) == (303, f"/sessions/{code}/share")


def test_a_link_that_the_policy_forbids_is_refused_on_the_page(served: Served, code: str, ben: Visitor) -> None:
    root = Visitor(served.url).sign_in("Root").go("/spaces/leeds")
    form = ben.go(f"/sessions/{code}/share").filled_in(f"/sessions/{code}/share/link")
    root.submit("/spaces/leeds/policy", links="off")
    try:
        refused = ben.send(f"/sessions/{code}/share/link", form)
        assert (refused.status_code, "Share progress" in refused.text) == (403, True)
        assert "Links are switched off in this space." in refused.text and "rflow progress" not in refused.text
    finally:
        root.submit("/spaces/leeds/policy", links="public")
    ben.go(f"/sessions/{code}/share").submit(f"/sessions/{code}/share/link", views="9" * 5000, label="x" * 500)
    assert "must be a number from 1" in ben.text
    ben.go(f"/sessions/{code}/share").submit(f"/sessions/{code}/share/link", label="x" * 500)
    assert "The label is longer than 200 characters." in ben.text


# Handing off


def test_a_handoff_brings_its_warnings_and_contingencies(served: Served) -> None:
    first = served.ana.at(terminal="handing")
    code = first.json("start", "--title", "Mail queue grows", "--space", "Leeds", "--json")["code"]
    ben = Visitor(served.url).sign_in(BEN).go(f"/sessions/{code}/hand-off")
    form = f"/sessions/{code}/hand-off"
    typed = {"to": "Cleo", "note": "Please go on with node 3", "warning_1": "do NOT flush the queue"}
    ben.submit(form, **typed, if_1="no answer by 09:30")
    assert (ben.page.status_code, "has no “then”" in ben.text) == (422, True)
    assert "do NOT flush the queue" in ben.page.text and "Please go on with node 3" in ben.page.text
    ben.submit(form, **typed, if_1="no answer by 09:30", then_1="call the vendor")
    assert "Handed to Cleo" in ben.text
    cleo = Visitor(served.url).sign_in("Cleo").go(f"/sessions/{code}")
    assert "do NOT flush the queue" in cleo.text and "Please go on with node 3" in cleo.text
    assert "call the vendor" in served.ana.ok("progress", code, "-f", "text").out


def test_nobody_hands_off_what_is_not_theirs_and_a_stale_form_says_so(served: Served) -> None:
    first = served.ana.at(terminal="handing two")
    code = first.json("start", "--title", "Disk of db-2 fills", "--space", "Leeds", "--json")["code"]
    cleo = Visitor(served.url).sign_in("Cleo").go(f"/sessions/{code}/hand-off")
    assert (cleo.page.status_code, "Take it over first" in cleo.text) == (403, True)
    ben = Visitor(served.url).sign_in(BEN).go(f"/sessions/{code}/hand-off")
    form = ben.filled_in(f"/sessions/{code}/hand-off")
    first.ok("close", "--outcome", "resolved")
    ben.page = ben.send(f"/sessions/{code}/hand-off", form | {"to": "Cleo", "note": "Go on"})
    assert ben.page.status_code in (409, 422)
    assert "Go on" in ben.page.text


def test_a_name_that_is_close_to_another_is_asked_about(served: Served) -> None:
    first = served.ana.at(terminal="handing three")
    code = first.json("start", "--title", "Fan of rack 4", "--space", "Leeds", "--json")["code"]
    ben = Visitor(served.url).sign_in(BEN).go(f"/sessions/{code}/hand-off")
    assert "Did you mean Cleo?" in ben.submit(f"/sessions/{code}/hand-off", to="Cleoo").text
    assert "--new-user" not in ben.text


def test_copying_in_a_browser_brings_formatted_and_plain_text(served: Served, code: str) -> None:
    """The popover in Chromium; what is pasted is read back from a rich editor and a text area."""
    with a_page(1280) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"{served.url}/sign-in?next=/sessions/{code}")
        page.fill("main [name=name]", BEN)
        page.fill("main [name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.click("text=Share progress")
        page.click("dialog >> text=Whole")
        page.wait_for_selector("dialog [aria-current]:has-text('Whole')")
        page.click("dialog [data-copy-summary]")
        page.wait_for_selector("dialog >> text=Copied. Paste it now.")
        page.click("dialog #new-link button")
        page.wait_for_selector("dialog >> text=The link is made")
        page.click("dialog [data-close]")
        page.evaluate("document.body.innerHTML = '<div id=rich contenteditable></div><textarea id=plain></textarea>'")
        for field in ("#rich", "#plain"):
            page.focus(field)
            page.keyboard.press("Control+V")
        rich, plain = page.inner_html("#rich"), page.input_value("#plain")
    assert "<b>" in rich or "<strong>" in rich or "font-weight" in rich
    assert "&lt;b&gt;not bold&lt;/b&gt;" in rich
    assert "Please approve MR 815" in plain and SECRET not in rich + plain
    exported = served.ana.ok("export", code).out
    assert '"progress_shared"' in exported and '"destination":"clipboard"' in exported
