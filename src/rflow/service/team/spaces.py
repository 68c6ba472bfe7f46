"""Spaces over a store: who is in them, with which role, and their policies."""

from collections.abc import Collection, Iterator
from contextlib import suppress

from msgspec.structs import replace

from rflow.core.actors import Actor, MemberRole, no_scope
from rflow.core.session.head import Head, Query
from rflow.core.space_policy import DEFAULT, Policy, Space, expired_before, new_space
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import NotAllowed, NotFound, TracesLeft, UsageProblem
from rflow.ports.accounts import Membership, NameTaken
from rflow.ports.stores import Networked, Store
from rflow.ports.team import Member, SpaceView
from rflow.ports.values import Stale
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.removals import Removals
from rflow.service.sessions import all_heads
from rflow.service.team.team_service import TeamService, accounts_of

_MOST_DAYS = 36_525


class LocalSpaces(TeamService):
    """The spaces of a store; `rflow.ports.team.Spaces` says what each method does."""

    def add(self, name: str) -> SpaceView:
        """Create a space."""
        self.check_admin()
        space = new_space(name, self.now())
        try:
            if space.id == DEFAULT_SPACE:
                raise NameTaken
            self.account_store.put_space(space, None, self.entry("space_added", space.id, space.id))
        except NameTaken:
            raise UsageProblem(
                f'There is a space "{space.name}" already.', try_="See which there are: rflow space list"
            ) from None
        return self._view(space)

    def spaces(self) -> list[SpaceView]:
        """List the spaces that the actor may see."""
        self._check_reading()
        return visible_spaces(self.store, self.actor)

    def _view(self, space: Space) -> SpaceView:
        return _view(space, self.actor)

    def members(self, name: str = DEFAULT_SPACE) -> list[Member]:
        """List who is in a space."""
        self._check_reading()
        space = self.space(name)
        accounts = {account.id: account for account in self.account_store.accounts() if account.active}
        roles = self.account_store.members(space.id)
        return [Member(person=accounts[each].person, role=role) for each, role in roles.items() if each in accounts]

    def set_role(self, name: str, user: str, role: MemberRole | None) -> None:
        """Give somebody a role in a space, or remove it."""
        space = self._leading(name)
        account = self.account(user)
        if account.kind == "agent" and role == "lead":
            raise UsageProblem("An agent can't lead a space.", try_="Make it a member: --role member")
        entry = self.entry("role_set", account.id, space.id, role=role or "none")
        member = (space.id, account.id, None) if role is None else Membership(space.id, account.id, role)
        self.account_store.set_role(member, entry)

    def set_policy(self, name: str, policy: Policy) -> SpaceView:
        """Set the policy of a space."""
        space = self._leading(name)
        _check(policy)
        changed = replace(space, policy=policy)
        entry = self.entry(
            "policy_set",
            space.id,
            space.id,
            links=policy.links,
            longest_link=str(policy.longest_link or ""),
            retention_days=str(policy.retention_days or ""),
            notice_texts="yes" if policy.notice_texts else "",
            remind_after="" if policy.remind_after is None else str(policy.remind_after),
            handoff_life="" if policy.handoff_life is None else str(policy.handoff_life),
        )
        stored = self.account_store.space(space.id)
        try:
            self.account_store.put_space(changed, stored, entry)
        except (Stale, NameTaken):
            raise UsageProblem(f"Somebody else changed {space.name} just now.", try_="Try again.") from None
        return self._view(changed)

    def clean(self) -> list[str]:
        """Delete the closed sessions that are older than the retention of their space."""
        self.check_admin()
        self.account_store.sweep(self.now())
        removals = Removals()
        codes = [code for space in self.account_store.spaces() for code in self._cleaned(space, removals)]
        removals.finish()
        return codes

    def _cleaned(self, space: Space, removals: Removals) -> list[str]:
        before = expired_before(space.policy, self.now())
        if before is None:
            return []
        old = Query(spaces=(space.id,), status=("closed",), stale_before=before)
        return self._deleted(old, space, "session_expired", removals)

    def erase(self, name: str, customer: str) -> list[str]:
        """Delete all sessions of a customer in a space."""
        space = self._leading(name)
        if not customer.strip():
            raise UsageProblem("Which customer?", try_="Name it as the sessions do: --customer NAME")
        removals = Removals()
        codes = self._deleted(Query(spaces=(space.id,), customer=customer), space, "session_erased", removals)
        removals.finish()
        return codes

    def _deleted(self, query: Query, space: Space, action: str, removals: Removals) -> list[str]:
        """Delete sessions for good, each with an entry in the audit; return their codes."""
        workspace = LocalWorkspace(self.store, self.actor, clock=self.now)
        heads = list(all_heads(workspace, query))
        codes: list[str] = []
        for some in self._gone(heads, removals):
            self.account_store.record([self.entry(action, head.id, space.id, code=head.code) for head in some])
            codes += [head.code for head in some]
        return codes

    def _gone(self, heads: list[Head], removals: Removals) -> Iterator[list[Head]]:
        """Delete sessions, and yield those that are gone: all in one step where the store can."""
        if isinstance(self.store, Networked):
            gone: Collection[str] = ()
            with removals.step():
                try:
                    gone = self.store.delete_all([head.id for head in heads]) if heads else ()
                except TracesLeft as left:
                    gone = left.gone
                    raise
            yield [head for head in heads if head.id in gone]
            return
        for head in heads:
            with suppress(NotFound):  # by somebody else, who has recorded it
                with removals.step():
                    self.store.delete(head.id)
                yield [head]

    def _check_reading(self) -> None:
        if not self.actor.allows():
            raise no_scope()

    def _leading(self, name: str) -> Space:
        """Return a space that the actor may change."""
        self._check_reading()
        space = self.space(name)
        if self.actor.scopes is not None:
            raise no_scope()
        if not self.runs_store and self.actor.role_in(space.id) != "lead":
            raise NotAllowed("Only a lead of this space may do that.", try_="Ask one, or an admin.")
        return space


def _check(policy: Policy) -> None:
    """Raise `UsageProblem` for times that are less than nothing, too long, or not whole minutes."""
    for limit, day, what in (
        (policy.longest_link, 86_400, "longest life of a link"),
        (policy.retention_days, 1, "retention"),
    ):
        if limit is not None and not 0 < limit <= _MOST_DAYS * day:
            raise UsageProblem(
                f"The {what} must be more than nothing, and at most 100 years.",
                try_="Use a number of days, or never.",
            )
    if any(
        span is not None and not 0 <= span <= _MOST_DAYS * 86_400 for span in (policy.remind_after, policy.handoff_life)
    ):
        raise UsageProblem(
            "The time of a handoff can't be less than nothing, nor more than 100 years.",
            try_="Use 30m, 4h, or never.",
        )
    if any((span or 0) % 60 for span in (policy.longest_link, policy.remind_after, policy.handoff_life)):
        raise UsageProblem("The times of a space are whole minutes.", try_="Use a multiple of 60 seconds: 30m, 4h, 2d.")


def visible_spaces(store: Store, actor: Actor) -> list[SpaceView]:
    """List the spaces that an actor may see, by id."""
    accounts = accounts_of(store)
    stored = {space.id: space for space in accounts.spaces()} if accounts is not None else {}
    every = {DEFAULT_SPACE: DEFAULT} | stored
    return [_view(space, actor) for _, space in sorted(every.items()) if actor.role_in(space.id)]


def _view(space: Space, actor: Actor) -> SpaceView:
    role = "lead" if actor.roles is None else actor.role_in(space.id) or "reader"
    return SpaceView(id=space.id, name=space.name, role=role, policy=space.policy)
