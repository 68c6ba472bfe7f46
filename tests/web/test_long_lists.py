"""Lists of hundreds of links, accounts, members, tokens and entries of the audit come in pages: each entry once, and
nothing is counted that was not read."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import httpx
import msgspec
import pytest

from rflow.core.accounts import Account, AuditEntry, Credential
from rflow.core.people import person
from rflow.core.sharing import stored_share
from rflow.ports.accounts import Membership
from rflow.ports.stores import Store
from rflow.stores import open_store
from support.stores.stories import MORNING
from support.web.server import Served
from support.web.visitor import BEN, Visitor, team_served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A team with 260 links of Ben's, of which every fifth has ended, and 210 accounts in Leeds, each with a token."""
    with team_served(tmp_path_factory.mktemp("long")) as server:
        server.ana.ok("start", "--title", "Tunnel to Leeds drops", "--space", "Leeds")
        server.ana.ok("share", "create", "--label", "the last one")
        with closing(open_store(server.ana.store)) as store:
            fill(store)
        yield server


def fill(store: Store) -> None:
    """Store links by the key of the one that is there, and accounts with a role and a token each."""
    (made,) = (count.share for count in store.shares.listed())
    for number in range(260):
        at = made.created_at - timedelta(minutes=1 + number // 2)
        ended = made.created_at if number % 5 == 0 else None
        share = msgspec.structs.replace(
            made, id=f"LONG{number:03}", hash=f"{number:064}", label=f"link {number}", created_at=at, revoked_at=ended
        )
        store.shares.restore(stored_share(share))
    for number in range(210):
        who = person(f"Zoe {number:03}")
        entry = AuditEntry(at=MORNING, action="account_added", by=None, subject=who.id, space="", details={})
        store.accounts.add(Account(id=who.id, name=who.name, created_at=MORNING), entry)
        store.accounts.set_role(Membership(space="leeds", account=who.id, role="reader"), entry)
        store.accounts.add_credential(
            Credential(
                id=f"LONG{number:03}",
                kind="token",
                account=who.id,
                hash=f"{number:064}",
                ending=f"{number:04}",
                created_at=MORNING + timedelta(minutes=number // 2),
                scopes=("read",),
                label=f"job {number}",
            )
        )


def pages(visitor: Visitor, path: str, named: str) -> list[list[str]]:
    """Follow the link of that name from page to page; return the texts of the rows of each."""
    found = []
    while path:
        page = visitor.go(path).page.text
        found.append(re.findall(r'<th role="rowheader" scope="row">(.*?)</th>', page, re.DOTALL))
        following = re.search(rf'href="([^"]+)">{named}</a>', page)
        path = following[1].replace("&amp;", "&") if following else ""
    return found


@pytest.mark.parametrize(("query", "expected"), [("", 209), ("?ended=1", 261)])
def test_links_come_in_pages_the_newest_first(served: Served, query: str, expected: int) -> None:
    ben = Visitor(served.url).sign_in(BEN)
    found = pages(ben, f"/shares{query}", "Older ones")
    assert [len(page) for page in found] == [200] * (expected // 200) + [expected % 200]
    labels = [label for page in found for row in page for label in re.findall(r": (link \d+|the last one)<", row)]
    assert (labels[0], len(set(labels))) == ("the last one", expected)
    assert labels[1:3] == (["link 0", "link 1"] if query else ["link 1", "link 2"])
    first = ben.go(f"/shares{query}")
    assert (re.search(r"\d live, \d", first.text), "Show ended ones" in first.text) == (None, not query)
    assert ben.go("/shares?after=nonsense").page.status_code == 422


def test_a_link_of_many_is_shown_and_revoked(served: Served) -> None:
    ben = Visitor(served.url).sign_in(BEN)
    assert "link 256" in ben.go("/shares/LONG256").text
    ben.go("/shares/LONG256")
    assert ben.send("/shares", {"revoke": "LONG256"}).status_code == 303
    assert "Revoked by you" in ben.go("/shares/LONG256").text
    assert "link 256" not in "".join(row for page in pages(ben, "/shares", "Older ones") for row in page)


def test_accounts_and_the_audit_come_in_pages(served: Served) -> None:
    root = Visitor(served.url).sign_in("Root")
    accounts = pages(root, "/admin", "Next ones")
    names = [name for page in accounts for row in page for name in re.findall(r">(Zoe \d+)<", row)]
    assert names == [f"Zoe {number:03}" for number in range(210)]
    assert len(accounts[0]) == 200
    assert "From the beginning" in root.go("/admin?after=zoe+100").text
    audit = pages(root, "/admin/audit", "Older ones")
    written = len(root.go("/admin/audit/file").page.text.splitlines())
    assert sum(map(len, audit)) in (written - 1, written)
    assert {len(page) for page in audit[:-1]} == {100}


def test_the_first_ten_that_were_handed_over_show_what_came_with_them_and_the_page_says_so(served: Served) -> None:
    for number in range(11):
        ben = served.ana.at(terminal=f"desk {number}")
        ben.ok("start", "--title", f"Till {number} is slow", "--space", "Leeds")
        ben.ok("handoff", "Cleo", "--note", f"Reboot till {number}")
    cleo = Visitor(served.url).sign_in("Cleo")
    limit = "What came with the handoff is shown for the first 10 only."
    for place in ("/", "/inbox", "/?list=inbox"):
        text = cleo.go(place).text
        notes = [number for number in range(11) if f"“Reboot till {number}”" in text]
        assert (notes, text.count(limit)) == (list(range(1, 11)), 1), place
    assert limit not in cleo.go("/?list=team").text


def test_tokens_come_in_pages_the_newest_first_and_name_their_account(served: Served) -> None:
    root = Visitor(served.url).sign_in("Root")
    found = pages(root, "/tokens", "Older ones")
    assert [len(page) for page in found] == [200, 10]
    labels = re.findall(r"job \d+", "".join(row for page in found for row in page))
    assert (labels[:2], len(set(labels))) == (["job 208", "job 209"], 210)
    assert "Zoe 208" in root.go("/tokens").text
    beyond = root.go("/tokens?after=9.A")  # those on it were revoked in the meantime
    assert "There is no token yet" not in beyond.text
    assert '<a class="btn" href="/tokens">The newest</a>' in beyond.page.text
    root.submit("/tokens", user="Cleoo", scope="read")
    assert (root.page.status_code, 'Did you mean "Cleo"?' in root.text) == (404, True)
    root.submit("/tokens", user="Xerxes", scope="read")
    assert (root.page.status_code, "/admin lists the accounts" in root.text) == (404, True)
    root.submit("/tokens", user="Zoe 007", scope="read", label="nightly report")
    assert "The token is made" in root.text
    assert re.search(r"nightly report Zoe 007 read", root.go("/tokens").text)


def test_members_of_a_space_come_in_pages_and_anybody_gets_another_role_by_name(served: Served) -> None:
    root = Visitor(served.url).sign_in("Root")
    names, path = [], "/spaces/leeds"
    while path:
        page = root.go(path).page.text
        names.append(re.findall(r'<li class="row"><b>(.*?)</b>', page))
        following = re.search(r'href="([^"]+)">Next ones</a>', page)
        path = following[1] if following else ""
    assert [len(page) for page in names] == [200, 14]
    assert len({name for page in names for name in page}) == 214
    assert "Members 214" in root.go("/spaces/leeds?after=zoe+100").text
    root.submit("/spaces/leeds/role", name="Zoe 209", role="lead")
    assert "Zoe 209 in Leeds: lead" in root.text
    assert re.search(
        r"<b>Zoe 209</b>.*?<option selected>lead", root.go("/spaces/leeds?after=zoe+208").page.text, re.DOTALL
    )


def test_what_is_no_page_is_no_error_of_the_server(served: Served) -> None:
    root = Visitor(served.url).sign_in("Root")
    for path in (
        "/admin?after=%00",
        "/admin?after=%ff",
        "/shares?after=9.A",
        "/tokens?after=9.A",
        "/shares?after=-99999999999999999999.A",
        "/tokens?after=x",
        "/spaces/leeds?after=%00",
    ):
        answer: httpx.Response = root.go(path).page
        assert answer.status_code in (200, 422), path
