"""Accounts over a store: adding, changing, disabling and erasing them, one-time links, the audit."""

from collections.abc import Collection

from msgspec.structs import replace

from rflow.core.accounts import (
    INVITATION_LIFE,
    Account,
    AccountKind,
    AuditEntry,
    CredentialKind,
    account_name,
    check_password,
    email_address,
)
from rflow.core.actors import no_scope
from rflow.errors import NotSignedIn, UsageProblem
from rflow.ports.accounts import NameTaken
from rflow.ports.paging import WHOLE, Part
from rflow.ports.team import NewUser, OffboardingResult, OneTimeLink, User, user_view
from rflow.ports.values import Stale
from rflow.service.team import attempts, leaving, passwords
from rflow.service.team.team_service import TeamService

SIGNED_IN: tuple[CredentialKind, ...] = ("session", "invitation", "reset")
"""What ends with a new password."""


class LocalAccounts(TeamService):
    """The accounts of a store; `rflow.ports.team.Accounts` says what each method does."""

    def add(self, name: str, *, password: str = "", admin: bool = False, agent: bool = False) -> NewUser:
        """Create an account."""
        self.check_admin()
        if agent and (admin or password):
            raise UsageProblem("An agent has no password and is no admin.", try_="Give it tokens: rflow token create")
        if not admin and not self.account_store.exist():
            raise UsageProblem("The first account must be an admin.", try_="rflow user add NAME --admin")
        account = self._new(name, password, admin=admin, agent=agent)
        entry = self.entry("account_added", account.id, kind=account.kind, admin=_word(admin))
        try:
            self.account_store.add(account, entry)
        except NameTaken:
            raise UsageProblem(
                f'There is an account "{account.name}" already.', try_="See which there are: rflow user list"
            ) from None
        invitation = None if agent or password else self._one_time_link(account)
        return NewUser(user=self._view(account), invitation=invitation)

    def _new(self, name: str, password: str, *, admin: bool, agent: bool) -> Account:
        who = account_name(name)
        kind: AccountKind = "agent" if agent else "person"
        account = Account(id=who.id, name=who.name, created_at=self.now(), kind=kind, admin=admin)
        return self._with_password(account, password) if password else account

    def _with_password(self, account: Account, password: str) -> Account:
        check_password(password, account)
        return replace(account, password=passwords.hashed(password))

    def users(self, part: Part = WHOLE) -> list[User]:
        """List all accounts, or a part of them, by name."""
        self.check_admin()
        accounts = self.account_store.accounts(part)
        roles = self.account_store.roles_between(accounts[0].id, accounts[-1].id) if accounts else {}
        return [user_view(account, roles.get(account.id, {})) for account in accounts]

    def user(self, name: str) -> User:
        """Return one account."""
        self.check_admin()
        return self._view(self.account(name))

    def mine(self) -> User:
        """Return the actor's own account."""
        if self.actor.scopes is not None:
            raise no_scope()
        account = self.account_store.account(self.actor.person.id)
        if account is None:
            raise NotSignedIn("You have no account here.", try_="Ask an admin for one.")
        return self._view(account)

    def _view(self, account: Account) -> User:
        return user_view(account, self.account_store.roles(account.id))

    def set_password(self, name: str, password: str) -> User:
        """Set somebody's password; their web sessions end."""
        self.check_admin()
        account = self.account(name)
        changed = self._with_password(account, password)
        return self._changed(changed, account, self.entry("password_set", account.id), SIGNED_IN)

    def change_password(self, old: str, new: str) -> None:
        """Change the actor's own password; all their web sessions end."""
        if self.actor.scopes is not None:
            raise no_scope()
        account = self.account_store.account(self.actor.person.id)
        if account is None or not account.active:
            raise NotSignedIn("You have no account here.", try_="Ask an admin for one.")
        attempts.check(self.account_store, f"account {account.id}", self.now())
        if not passwords.verifies(old, account.password):
            raise NotSignedIn("That is not your password.", try_="Try again, or ask an admin for a reset.")
        changed = self._with_password(account, new)
        self._changed(changed, account, self.entry("password_changed", account.id), SIGNED_IN)
        attempts.clear(self.account_store, f"account {account.id}")

    def one_time_link(self, name: str) -> OneTimeLink:
        """Make a link by which somebody sets their password once."""
        self.check_admin()
        account = self.account(name)
        if account.kind == "agent" or not account.active:
            raise UsageProblem(
                f"{account.name} can't sign in with a password.", try_="See: rflow user list (agents use tokens)"
            )
        return self._one_time_link(account)

    def _one_time_link(self, account: Account) -> OneTimeLink:
        kind: CredentialKind = "reset" if account.password else "invitation"
        until = self.now() + INVITATION_LIFE
        token, credential = self.credential(kind, account.id, until)
        self.account_store.add_credential(credential, self.entry(f"{kind}_made", account.id, id=credential.id))
        return OneTimeLink(kind=kind, user=account.name, token=token, expires_at=until)

    def set_admin(self, name: str, *, admin: bool) -> User:
        """Make somebody an admin, or withdraw it."""
        self.check_admin()
        account = self.account(name)
        if account.kind == "agent" and admin:
            raise UsageProblem("An agent can't be an admin.", try_="Make it a member of a space: rflow space members")
        entry = self.entry("admin_granted" if admin else "admin_withdrawn", account.id)
        return self._changed(replace(account, admin=admin), account, entry)

    def set_notices(self, name: str, *, email: str | None = None, on: bool | None = None) -> User:
        """Set where somebody gets notices, and whether they do."""
        if self.actor.scopes is not None or self.actor.person.id != account_name(name).id:
            self.check_admin()
        account = self.account(name)
        address = account.email if email is None else email_address(email) if email else ""
        wanted = account.notices if on is None else on
        entry = self.entry("notices_set", account.id, notices=_word(wanted))
        return self._changed(replace(account, email=address, notices=wanted), account, entry)

    def disable(self, name: str, heir: str = "") -> OffboardingResult:
        """Disable an account, and end what it could act with."""
        self.check_admin()
        return leaving.disable(self, self.account(name), heir)

    def enable(self, name: str) -> User:
        """Let a disabled account sign in again."""
        self.check_admin()
        account = self.account(name)
        return self._changed(replace(account, disabled_at=None), account, self.entry("account_enabled", account.id))

    def erase(self, name: str, heir: str = "") -> OffboardingResult:
        """Remove an account, and replace its name in every record."""
        self.check_admin()
        return leaving.erase(self, self.account(name), heir)

    def audit(self, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the entries of the audit behind number `after`."""
        self.check_admin()
        return self.account_store.audit(after, limit)

    def latest_audit(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return the last entries of the audit, or the last ones before a number, the latest first."""
        self.check_admin()
        return self.account_store.latest_audit(limit, before)

    def _changed(
        self, changed: Account, account: Account, entry: AuditEntry, ends: Collection[CredentialKind] = ()
    ) -> User:
        try:
            self.account_store.replace(changed, account, entry, ends=ends)
        except Stale:
            raise changed_meanwhile(account) from None
        return self._view(changed)


def changed_meanwhile(account: Account) -> UsageProblem:
    """Return the error for an account that somebody else changed at the same time."""
    return UsageProblem(f"Somebody else changed {account.name} just now.", try_="Look at it again: rflow user list")


def _word(yes: bool) -> str:
    return "yes" if yes else "no"
