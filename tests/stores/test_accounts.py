"""The contract of a store's accounts, run for every kind of store that can hold them."""

import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from rflow.core.accounts import Account, AuditEntry, Credential, CredentialKind, Identity
from rflow.core.people import Person
from rflow.core.space_policy import Policy, Space, new_space
from rflow.core.tokens import token_hash, token_of
from rflow.errors import NotAllowed, UsageProblem
from rflow.ports.accounts import AllAccounts, Membership, NameTaken
from rflow.ports.paging import Key, Part
from rflow.ports.stores import Store
from rflow.ports.values import Stale
from rflow.stores import open_store
from rflow.stores.copy import copy_store
from support.stores.faults import Worker, quick_folder
from support.stores.kinds import url_in
from support.stores.stories import MORNING

KINDS = ("memory", "sqlite", "postgres")
ROOT, BEN = (
    Account(id="root admin", name="Root Admin", created_at=MORNING, admin=True),
    Account(id="ben okafor", name="Ben Okafor", created_at=MORNING),
)
NOBODY = Person(id="#erased-1", name="Former member")
ENTRY = AuditEntry(at=MORNING, action="account_added", by=ROOT.person)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from quick_folder(tmp_path_factory)


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, folder: Path) -> str:
    return url_in(folder, str(request.param))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with an admin and Ben."""
    opened = open_store(url)
    opened.accounts.add(ROOT, replace(ENTRY, subject=ROOT.id))
    opened.accounts.add(BEN, replace(ENTRY, subject=BEN.id))
    yield opened
    opened.close()


def credential(number: int, account: str = BEN.id, kind: CredentialKind = "token", **more: Any) -> Credential:
    token = token_of(bytes([number]) * 32, kind)
    made = Credential(
        id=f"CRED{number}",
        kind=kind,
        account=account,
        hash=token_hash(token),
        ending=token[-4:],
        created_at=MORNING + timedelta(minutes=number),
    )
    return replace(made, **more)


def actions(store: Store) -> list[str]:
    return [entry.action for entry in store.accounts.audit()]


def test_a_new_store_has_no_accounts_and_reading_does_not_create_it(url: str) -> None:
    with closing(open_store(url)) as store:
        accounts = store.accounts
        assert not accounts.exist()
        assert {accounts.account("ben okafor"), accounts.space("leeds"), accounts.bearer("0" * 64)} == {None}
        assert accounts.everything() == AllAccounts()
        assert accounts.members("leeds") == accounts.roles("ben okafor") == {}


def test_accounts_are_kept_and_read_by_another_program(store: Store, url: str) -> None:
    with closing(open_store(url)) as other:
        assert other.accounts.exist()
        assert other.accounts.account(BEN.id) == BEN
        assert other.accounts.accounts() == [BEN, ROOT]
        assert [(entry.seq, entry.subject) for entry in other.accounts.audit()] == [(1, ROOT.id), (2, BEN.id)]


def test_accounts_are_listed_in_parts(store: Store) -> None:
    for name in ("chloe", "ann", "Ömer"):
        store.accounts.add(Account(id=name, name=name, created_at=MORNING), AuditEntry(at=MORNING, action="added"))
    whole = store.accounts.accounts()
    for limit in (1, 2, 9):
        listed: list[Account] = []
        part = Part(limit=limit)
        while some := store.accounts.accounts(part):
            listed += some
            part = Part(after=Key(id=some[-1].id), limit=limit)
        assert listed == whole


def test_the_same_name_is_taken_and_leaves_no_entry(store: Store) -> None:
    with pytest.raises(NameTaken):
        store.accounts.add(replace(BEN, admin=True), ENTRY)
    assert store.accounts.account(BEN.id) == BEN
    assert len(actions(store)) == 2


def test_the_first_account_must_be_an_admin(url: str) -> None:
    with closing(open_store(url)) as store:
        with pytest.raises(NotAllowed):
            store.accounts.add(BEN, ENTRY)
        assert not store.accounts.exist()
        assert store.accounts.audit() == []


@pytest.mark.parametrize("changed", [replace(ROOT, admin=False), replace(ROOT, disabled_at=MORNING)])
def test_the_last_admin_stays_one_and_can_sign_in(store: Store, changed: Account) -> None:
    store.accounts.add_credential(credential(1, ROOT.id, "session"))
    with pytest.raises(NotAllowed):
        store.accounts.replace(changed, ROOT, ENTRY, ends=["session"])
    with pytest.raises(NotAllowed):
        store.accounts.erase(ROOT.id, NOBODY, ENTRY)
    assert store.accounts.account(ROOT.id) == ROOT
    assert len(store.accounts.credentials(ROOT.id)) == 1
    assert len(actions(store)) == 2


def test_two_admins_who_remove_each_other_at_once_do_not_both_succeed(store: Store, url: str) -> None:
    second = replace(BEN, admin=True)
    store.accounts.replace(second, BEN, ENTRY)

    def withdraw(account: Account) -> bool:
        with closing(open_store(url)) as other:
            try:
                other.accounts.replace(replace(account, admin=False), account, ENTRY)
            except NotAllowed:
                return False
            return True

    with ThreadPoolExecutor() as threads:
        came = list(threads.map(withdraw, [ROOT, second]))
    assert sorted(came) == [False, True]


def test_an_account_that_changed_meanwhile_is_not_replaced(store: Store) -> None:
    newer = replace(BEN, password="$argon2id$1")
    store.accounts.replace(newer, BEN, ENTRY)
    with pytest.raises(Stale):
        store.accounts.replace(replace(BEN, admin=True), BEN, ENTRY)
    assert store.accounts.account(BEN.id) == newer
    assert len(actions(store)) == 3


def test_an_account_is_found_by_issuer_and_subject_and_two_cannot_share_them(store: Store) -> None:
    entra = Identity(issuer="https://login.example.com/tenant", subject="7f3")
    known = replace(BEN, identities=(entra,))
    store.accounts.replace(known, BEN, ENTRY)
    assert store.accounts.find_by_identity(entra) == known
    assert store.accounts.find_by_identity(Identity(issuer="https://other.example.com", subject="7f3")) is None
    with pytest.raises(NameTaken):
        store.accounts.add(replace(BEN, id="cleo", name="Cleo", identities=(entra,)), ENTRY)
    assert store.accounts.account("cleo") is None


def test_spaces_and_their_policies_are_kept(store: Store) -> None:
    leeds = new_space("Leeds Hospital", MORNING)
    store.accounts.put_space(leeds, None, ENTRY)
    with pytest.raises(NameTaken):
        store.accounts.put_space(leeds, None, ENTRY)
    strict = replace(leeds, policy=Policy(links="off", longest_link=3600, retention_days=90))
    store.accounts.put_space(strict, leeds, ENTRY)
    with pytest.raises(Stale):
        store.accounts.put_space(leeds, leeds, ENTRY)
    assert store.accounts.space("leeds hospital") == strict
    assert store.accounts.spaces() == [strict]


def test_roles_are_given_changed_and_taken(store: Store) -> None:
    for space, role in (("leeds", "member"), ("york", "reader"), ("leeds", "lead")):
        store.accounts.set_role(Membership(space, BEN.id, role), ENTRY)  # type: ignore[arg-type]
    assert store.accounts.roles(BEN.id) == {"leeds": "lead", "york": "reader"}
    assert store.accounts.members("leeds") == {BEN.id: "lead"}
    store.accounts.set_role(("leeds", BEN.id, None), ENTRY)
    assert store.accounts.roles(BEN.id) == {"york": "reader"}


def test_the_roles_of_many_accounts_are_read_at_once(store: Store) -> None:
    for space, account in (("york", "ana"), ("leeds", "ben"), ("leeds", "ana"), ("leeds", "zoë")):
        store.accounts.set_role(Membership(space, account, "member"), ENTRY)
    ana = {"leeds": "member", "york": "member"}
    assert store.accounts.roles_between("ana", "ben") == {"ana": ana, "ben": {"leeds": "member"}}
    assert list(store.accounts.roles_between("ana", "ana")["ana"]) == ["leeds", "york"]
    assert store.accounts.roles_between("", "a") == {}


def test_a_credential_leads_to_its_account_and_roles(store: Store) -> None:
    token = credential(1, scopes=("read", "write"))
    store.accounts.add_credential(token, replace(ENTRY, action="token_created"))
    store.accounts.set_role(Membership("leeds", BEN.id, "member"), ENTRY)
    assert store.accounts.bearer(token.hash) == (token, BEN, {"leeds": "member"})
    store.accounts.mark_used(token.hash, MORNING + timedelta(hours=1))
    assert store.accounts.credential(token.hash) == replace(token, used_at=MORNING + timedelta(hours=1))
    assert store.accounts.end([token.id], [replace(ENTRY, action="token_revoked")]) == 1
    assert store.accounts.bearer(token.hash) is None
    assert store.accounts.end([token.id]) == 0
    assert actions(store)[2:] == ["token_created", "account_added", "token_revoked"]


def test_a_credential_changes_only_from_the_state_that_was_seen(store: Store) -> None:
    request = credential(1, "", "device", label="ana-laptop")
    store.accounts.add_credential(request)
    assert store.accounts.credentials("", "device") == [request]
    approved = replace(request, account=BEN.id, by=BEN.person)
    store.accounts.replace_credential(approved, request, replace(ENTRY, action="device_approved"))
    assert store.accounts.credential(request.hash) == approved
    assert (store.accounts.credentials("", "device"), store.accounts.credentials(BEN.id, "device")) == ([], [approved])
    before = actions(store)
    assert before[-1] == "device_approved"
    for seen in (request, replace(approved, used_at=MORNING)):
        with pytest.raises(Stale):
            store.accounts.replace_credential(replace(request, by=ROOT.person), seen, ENTRY)
    assert (store.accounts.credential(request.hash), actions(store)) == (approved, before)


def test_an_opened_link_signs_nobody_in(store: Store) -> None:
    opened = credential(1, BEN.id, "opened")
    store.accounts.add_credential(opened)
    assert store.accounts.bearer(opened.hash) is None
    assert store.accounts.credential(opened.hash) == opened


def test_credentials_are_listed_the_newest_first_by_account_and_kind(store: Store) -> None:
    every = [credential(1), credential(2, kind="session"), credential(3, ROOT.id)]
    for each in every:
        store.accounts.add_credential(each)
    assert store.accounts.credentials() == every[::-1]
    assert store.accounts.credentials(BEN.id) == every[1::-1]
    assert store.accounts.credentials(BEN.id, "session") == [every[1]]
    assert store.accounts.credentials(kind="token") == [every[2], every[0]]


def test_a_change_ends_the_credentials_of_the_kinds_it_names(store: Store) -> None:
    kinds: list[CredentialKind] = ["token", "session", "reset"]
    for number, kind in enumerate(kinds):
        store.accounts.add_credential(credential(number, kind=kind))
    store.accounts.add_credential(credential(9, ROOT.id, "session"))
    store.accounts.replace(replace(BEN, password="$1"), BEN, ENTRY, ends=("session", "reset"))
    assert [each.kind for each in store.accounts.credentials(BEN.id)] == ["token"]
    assert len(store.accounts.credentials(ROOT.id)) == 1


def test_a_credential_is_spent_once(store: Store, url: str) -> None:
    reset = credential(1, kind="reset")
    store.accounts.add_credential(reset)
    changed = replace(BEN, password="$1")

    def spend(_: int) -> bool:
        with closing(open_store(url)) as other, suppress(Stale):
            other.accounts.replace(changed, BEN, ENTRY, spends=reset.hash)
            return True
        return False

    with ThreadPoolExecutor() as threads:
        assert sorted(threads.map(spend, range(4))) == [False, False, False, True]
    with pytest.raises(Stale):
        store.accounts.replace(BEN, changed, ENTRY, spends=reset.hash)
    assert store.accounts.account(BEN.id) == changed


def test_removing_an_account_takes_all_that_it_could_sign_in_with(store: Store) -> None:
    store.accounts.add_credential(credential(1))
    store.accounts.set_role(Membership("leeds", BEN.id, "member"), ENTRY)
    store.accounts.erase(BEN.id, NOBODY, replace(ENTRY, action="account_erased"))
    assert store.accounts.account(BEN.id) is None
    assert store.accounts.credentials(BEN.id) == []
    assert store.accounts.members("leeds") == {}
    assert actions(store)[-1] == "account_erased"


def test_what_has_expired_is_swept(store: Store) -> None:
    store.accounts.add_credential(credential(1, expires_at=MORNING + timedelta(hours=1)))
    store.accounts.add_credential(credential(2))
    assert store.accounts.increment("ben", 0, 1, MORNING + timedelta(hours=1))
    assert store.accounts.increment("views", 0, 1)
    store.accounts.sweep(MORNING + timedelta(hours=2))
    assert [each.id for each in store.accounts.credentials()] == ["CRED2"]
    assert store.accounts.increment("ben", 0, 1)
    assert not store.accounts.increment("views", 0, 1)


def test_a_counter_counts_to_its_limit_in_each_window(store: Store) -> None:
    assert [store.accounts.increment("sign-in ben", 7, 3) for _ in range(4)] == [True, True, True, False]
    assert store.accounts.increment("sign-in ana", 7, 3)
    assert store.accounts.increment("sign-in ben", 8, 3)
    assert store.accounts.increment("sign-in ben", 8, 2)
    store.accounts.clear("sign-in ben")
    assert store.accounts.increment("sign-in ben", 8, 1)


def test_what_was_counted_is_taken_back_only_in_its_window(store: Store) -> None:
    assert [store.accounts.increment("sign-in ben", 7, 2) for _ in range(3)] == [True, True, False]
    store.accounts.decrement("sign-in ben", 7)
    assert [store.accounts.increment("sign-in ben", 7, 2) for _ in range(2)] == [True, False]
    store.accounts.decrement("sign-in ben", 6)
    store.accounts.decrement("sign-in ana", 7)
    assert not store.accounts.increment("sign-in ben", 7, 2)
    for _ in range(3):
        store.accounts.decrement("sign-in ben", 7)
    assert [store.accounts.increment("sign-in ben", 7, 2) for _ in range(3)] == [True, True, False]


def test_a_counter_is_exact_for_many_at_once(store: Store, url: str) -> None:
    def claim(_: int) -> bool:
        with closing(open_store(url)) as other:
            return other.accounts.increment("views", 0, 5)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(claim, range(20))) == 5


def test_the_audit_is_read_page_by_page(store: Store) -> None:
    store.accounts.record([replace(ENTRY, action=f"x{number}") for number in range(3)])
    assert [entry.action for entry in store.accounts.audit(after=2)] == ["x0", "x1", "x2"]
    assert [entry.seq for entry in store.accounts.audit(after=1, limit=2)] == [2, 3]
    assert [entry.action for entry in store.accounts.latest_audit(2)] == ["x2", "x1"]
    assert store.accounts.latest_audit(9) == store.accounts.audit()[::-1] == store.accounts.latest_audit(9, 10**5000)
    assert [entry.seq for entry in store.accounts.latest_audit(2, before=4)] == [3, 2]
    assert store.accounts.latest_audit(2, before=1) == []


def test_somebody_who_is_erased_has_no_name_in_the_audit(store: Store) -> None:
    store.accounts.record([AuditEntry(at=MORNING, action="handed_off", by=BEN.person, details={"to": "Ben Okafor"})])
    store.accounts.add_credential(credential(1, ROOT.id, by=BEN.person))
    store.accounts.erase(BEN.id, NOBODY, replace(ENTRY, action="account_erased", subject=NOBODY.id))
    assert "okafor" not in repr(store.accounts.audit()).casefold()
    assert "okafor" not in repr(store.accounts.credentials()).casefold()
    assert store.accounts.audit()[-2].details == {"to": "Former member"}


def test_a_copy_holds_all_of_it_and_a_second_copy_adds_nothing(store: Store, folder: Path) -> None:
    store.accounts.put_space(new_space("Leeds", MORNING), None, ENTRY)
    store.accounts.set_role(Membership("leeds", BEN.id, "lead"), ENTRY)
    store.accounts.add_credential(credential(1), ENTRY)
    with closing(open_store(f"sqlite://{folder}/copy.db")) as copy:
        for _ in range(2):
            assert copy_store(store, copy, iter(())).left == []
        assert copy.accounts.everything() == store.accounts.everything()


def test_a_folder_says_that_accounts_need_sqlite(store: Store, folder: Path) -> None:
    with closing(open_store(f"json:{folder}/shifts")) as target:
        with pytest.raises(UsageProblem, match="SQLite"):
            target.accounts.exist()
        assert any("accounts" in left for left in copy_store(store, target, iter(())).left)


@pytest.mark.parametrize("table", ["accounts", "spaces", "credentials"])
def test_a_record_that_a_newer_rflow_wrote_opens_nothing(folder: Path, table: str) -> None:
    store, token = open_store(f"sqlite://{folder}/newer.db"), credential(1)
    store.accounts.add(ROOT, ENTRY)
    store.accounts.add(BEN, ENTRY)
    store.accounts.put_space(new_space("Leeds", MORNING), None, ENTRY)
    store.accounts.add_credential(token)
    with closing(sqlite3.connect(folder / "newer.db")) as db, db:
        newer = "CAST(replace(CAST(data AS TEXT), '{', '{\"second_factor\":true,') AS BLOB)"
        db.execute(f"UPDATE {table} SET data = {newer} WHERE id <> ?", (ROOT.id,))
    assert (store.accounts.bearer(token.hash) is None) == (table != "spaces")
    assert (store.accounts.space("leeds") is None) == (table == "spaces")
    store.close()


@pytest.mark.parametrize("table", ["accounts", "spaces", "credentials", "audit"])
def test_a_damaged_record_is_reported_and_a_newer_one_is_not(folder: Path, table: str) -> None:
    with closing(open_store(f"sqlite://{folder}/night.db")) as store:
        store.accounts.add(ROOT, ENTRY)
        store.accounts.put_space(new_space("Leeds", MORNING), None, ENTRY)
        store.accounts.add_credential(credential(1), ENTRY)
        assert store.check() == []
        for changed, severity in (("'{\"second_factor\":1}'", "info"), ("'{broken'", "error")):
            with closing(sqlite3.connect(folder / "night.db")) as db, db:
                db.execute(f"UPDATE {table} SET data = CAST({changed} AS BLOB)")
            assert {fault.severity for fault in store.check()} == {severity}


@pytest.mark.parametrize("record", [Account, Identity, Credential, AuditEntry, Space, Policy, Person])
def test_every_record_refuses_unknown_fields(record: type[msgspec.Struct]) -> None:
    assert record.__struct_config__.forbid_unknown_fields


@pytest.mark.slow
@pytest.mark.parametrize("steps", [60, 63, 66, 69, 72])
def test_a_change_that_is_killed_is_stored_with_its_entry_or_not_at_all(folder: Path, steps: int) -> None:
    url = url_in(folder, "sqlite")
    with closing(open_store(url)) as store:
        store.accounts.add(ROOT, ENTRY)
    worker = Worker("accounts", url, steps)
    worker.wait_until_ready()
    worker.go()
    assert worker.finish() == -signal.SIGKILL
    with closing(open_store(url)) as store:
        accounts = store.accounts.accounts()
        assert len(store.accounts.audit()) == len(accounts) >= 1 + len(worker.acknowledged)
        assert store.check() == []
