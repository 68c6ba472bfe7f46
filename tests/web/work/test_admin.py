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
    assert (dev.page.status_code, "is no number of days" in dev.text) == (422, True)
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
