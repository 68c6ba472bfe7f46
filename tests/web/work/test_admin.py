"""The pages of admins and leads: accounts, spaces, tokens, the audit."""

from collections.abc import Iterator

import httpx
import pytest

from support.team import PASSWORD
from support.web.server import Served
from support.web.visitor import BEN, Visitor, team_served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with team_served(tmp_path_factory.mktemp("team")) as server:
        yield server


@pytest.fixture
def root(served: Served) -> Visitor:
    return Visitor(served.url).sign_in("Root")


@pytest.mark.parametrize("path", ["/admin", "/admin/accounts/cleo", "/admin/audit", "/admin/audit/file"])
def test_for_others_these_pages_do_not_exist(served: Served, path: str) -> None:
    ben = Visitor(served.url).sign_in(BEN)
    shown = ben.go(path)
    nothing = Visitor(served.url).sign_in(BEN).go("/sessions/ZZZZ-ZZ")
    assert (shown.page.status_code, shown.text) == (404, nothing.text)
    assert 'href="/admin"' not in ben.go("/").page.text


def test_an_account_from_invitation_to_erasure(served: Served, root: Visitor) -> None:
    root.go("/admin").submit("/admin", name="Fay", kind="person")
    link = next(word for word in root.text.split() if "/set-password/" in word)
    assert "/set-password/" not in root.go("/admin").text
    fay = Visitor(served.url).go(link.removeprefix(served.url))
    fay.submit(link.removeprefix(served.url), new="a fine long password", again="a fine long password")
    assert "You are signed in" in fay.text
    root.go("/spaces/leeds").submit("/spaces/leeds/role", name="Fay", role="member")
    assert "Fay in Leeds: member" in root.text
    root.go("/admin/accounts/fay").submit("/admin/accounts/fay", do="disable", heir="Cleo")
    assert "can no longer sign in" in root.text
    assert fay.go("/inbox").at.startswith("/sign-in")
    root.submit("/admin/accounts/fay", do="erase", confirm="Cleo")
    assert (root.page.status_code, "does not match" in root.text) == (422, True)
    root.submit("/admin/accounts/fay", do="erase", confirm="fay")
    assert "is erased" in root.text
    assert "Fay" not in root.go("/admin").text.replace("Fay is erased", "")


def test_the_last_admin_stays(root: Visitor) -> None:
    root.go("/admin/accounts/root").submit("/admin/accounts/root", do="member")
    assert root.page.status_code in (403, 422)
    assert "Admin" in root.go("/admin/accounts/root").text


def test_a_wrong_name_is_said_and_stays(root: Visitor) -> None:
    root.go("/admin").submit("/admin", name="@tier2", kind="agent")
    assert (root.page.status_code, 'value="@tier2"' in root.page.text) == (422, True)


def test_a_lead_sets_roles_and_policy_of_their_space_only(served: Served, root: Visitor) -> None:
    root.go("/spaces").submit("/spaces", name="Bath")
    assert "The space Bath is added." in root.text
    root.submit("/spaces/bath/role", name="Dev", role="lead")
    dev = Visitor(served.url).sign_in("Dev").go("/spaces/bath")
    dev.submit("/spaces/bath/policy", links="off", longest_link="", retention_days="ninety")
    assert (dev.page.status_code, "is not a number of days" in dev.text) == (422, True)
    dev.submit("/spaces/bath/policy", links="signed_in", longest_link="2", retention_days="90")
    assert "The policy of Bath is set." in dev.text
    assert "kept 90 days" in dev.go("/spaces").text
    assert dev.go("/spaces/leeds").page.status_code == 404
    ben = Visitor(served.url).sign_in(BEN).go("/spaces/leeds")
    assert "Policy" not in ben.text
    assert ben.send("/spaces/leeds/policy", {"links": "off"}).status_code == 403
    assert ben.send("/spaces/bath/policy", {"links": "off"}).status_code == 404


def test_a_token_is_shown_once_works_and_ends(served: Served) -> None:
    ben = Visitor(served.url).sign_in(BEN).go("/tokens")
    ben.submit("/tokens", scope="read", label="nightly report")
    secret = next(word for word in ben.text.split() if word.startswith("rft_"))
    assert secret not in ben.go("/tokens").page.text and "nightly report" in ben.text
    me = {"authorization": f"Bearer {secret}"}
    assert httpx.get(served.url + "/api/v1/sessions", headers=me).status_code == 200
    revoke = next(action for action in ben.actions() if action.endswith("/revoke"))
    assert "is revoked" in ben.submit(revoke).text
    assert httpx.get(served.url + "/api/v1/sessions", headers=me).status_code == 401
    assert ben.send("/tokens", {"scope": "read", "user": "Cleo", "expires": "7d"}).status_code == 403


def test_the_audit_has_it_all_without_secrets(root: Visitor) -> None:
    root.go("/admin/audit")
    assert "signed in" in root.text and PASSWORD not in root.page.text
    lines = root.go("/admin/audit/file").page.text.splitlines()
    assert len(lines) > 10 and "rft_" not in "".join(lines)


def test_a_policy_keeps_what_is_not_changed_on_the_page(served: Served, root: Visitor) -> None:
    """Notices, reminders and hours of links were set in the terminal; a lead sets only the retention."""
    root.go("/spaces").submit("/spaces", name="Hull")
    terminal = served.ana.at(user="Root", terminal="policy")
    set_there = ("--notice-texts", "yes", "--remind-after", "15m", "--handoff-life", "4h", "--longest-link", "36h")
    terminal.ok("space", "policy", "Hull", *set_there)
    root.go("/spaces/hull")
    assert 'value="1d12h"' in root.page.text
    root.submit("/spaces/hull/policy", retention_days="90")
    policy = terminal.json("space", "policy", "Hull", "--json")
    assert "The policy of Hull is set." in root.text
    assert (policy["longest_link"], policy["notice_texts"]) == (129_600, True)
    assert (policy["remind_after"], policy["handoff_life"], policy["retention_days"]) == (900, 14_400, 90)
    root.go("/spaces/hull").submit("/spaces/hull/policy", notice_texts="", remind_after="Never", handoff_life="")
    policy = terminal.json("space", "policy", "Hull", "--json")
    assert (policy["notice_texts"], policy["remind_after"], policy["handoff_life"]) == (False, 0, None)
    form = root.go("/spaces/hull").filled_in("/spaces/hull/policy")
    assert (form["notice_texts"], form["remind_after"], form["handoff_life"]) == ("", "never", "")
    root.submit("/spaces/hull/policy", notice_texts="1", remind_after="15m", handoff_life="1d12h")
    policy = terminal.json("space", "policy", "Hull", "--json")
    assert (policy["notice_texts"], policy["remind_after"], policy["handoff_life"]) == (True, 900, 129_600)
    for typed, what in (("soon", "is not a duration"), ("30", "has no unit")):
        root.go("/spaces/hull").submit("/spaces/hull/policy", remind_after=typed, notice_texts="")
        assert (root.page.status_code, what in root.text) == (422, True)
        form = root.filled_in("/spaces/hull/policy")
        assert (form["remind_after"], form["notice_texts"]) == (typed, "")
    assert "is not a duration" in root.go("/spaces/hull").submit("/spaces/hull/policy", longest_link="soon").text


def test_a_name_may_have_what_means_something_in_an_address(root: Visitor) -> None:
    for name, address in (("Sales/EMEA #1?", "sales%2Femea%20%231%3F"), ("50 % of it", "50%20%25%20of%20it")):
        root.go("/spaces").submit("/spaces", name=name)
        assert f"The space {name} is added." in root.text
        root.submit(f"/spaces/{address}/role", name="Dev", role="reader")
        assert f"Dev in {name}: reader." in root.text
        root.submit(f"/spaces/{address}/role", name="Dev", role="none")
        assert f"Dev is no longer in {name}." in root.text
    root.go("/admin").submit("/admin", name="night/shift #2?", kind="agent")
    assert "night/shift #2? is added." in root.text


def test_a_form_with_an_unknown_button_changes_nothing(root: Visitor) -> None:
    root.go("/admin").submit("/admin", name="Gwen", kind="admin")
    assert root.send("/admin/accounts/gwen", {"do": "anything"}).status_code == 422
    assert root.send("/admin/accounts/gwen", {}).status_code == 422
    assert "Remove admin rights" in root.go("/admin/accounts/gwen").text
    assert root.send("/admin", {"name": "Hal", "kind": "wizard"}).status_code == 422
    assert "Hal" not in root.go("/admin").text


def test_an_account_or_a_token_that_is_sent_twice_is_made_once(root: Visitor) -> None:
    form = root.go("/admin").filled_in("/admin") | {"name": "Ida", "kind": "person"}
    assert root.send("/admin", form).status_code == 200
    again = root.send("/admin", form)
    assert (again.status_code, "open it for a new invitation" in again.text) == (422, True)
    form = root.go("/tokens").filled_in("/tokens") | {"scope": "read", "label": "sent twice"}
    assert "rft_" in root.send("/tokens", form).text
    again = root.send("/tokens", form)
    assert (again.status_code, "rft_" in again.text, "was sent twice" in again.text) == (422, False, True)
    assert root.go("/tokens").text.count("sent twice") == 1


def test_numbers_and_labels_have_limits(root: Visitor) -> None:
    assert root.go(f"/admin/audit?before={'9' * 5000}").page.status_code == 200
    root.go("/spaces/leeds").submit("/spaces/leeds/policy", retention_days="9" * 5000)
    assert "is not a number of days" in root.text
    root.go("/tokens").submit("/tokens", scope="read", label="x" * 1000)
    assert "The label is longer than 200 characters." in root.text


def test_pages_name_no_option_of_the_terminal(root: Visitor) -> None:
    no_scope = root.send("/tokens", {"expires": "7d"}).text
    agent = root.send("/admin", {"name": "night-bot", "kind": "agent"})
    leads = root.send("/spaces/leeds/role", {"name": "night-bot", "role": "lead"}).text
    assert agent.status_code == 303
    for text, what in ((no_scope, "A token needs a scope."), (leads, "can&#39;t lead a space")):
        assert what in text and " --" not in text.partition("<main")[2]  # a random value may hold "--"


def test_the_page_to_sign_a_terminal_in_asks_for_its_code(root: Visitor) -> None:
    """`rflow login` prints this address, without the code."""
    root.go("/device")
    assert (root.page.status_code, "Sign a terminal in" in root.text) == (200, True)
    wrong = root.go("/device?code=WDJB-MJHT")
    assert (wrong.page.status_code, "get a new one in the terminal" in wrong.text) == (404, True)
