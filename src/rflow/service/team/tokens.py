"""API tokens over a store: creating, listing and revoking them."""

from collections.abc import Collection
from datetime import datetime
from typing import get_args

from rflow.core.accounts import Account, Credential
from rflow.core.actors import Scope, no_scope
from rflow.core.session.times import utc
from rflow.errors import NotAllowed, NotFound, UsageProblem
from rflow.ports.team import NewToken, Token
from rflow.service.team.links import checked_label
from rflow.service.team.team_service import TeamService


class LocalTokens(TeamService):
    """The API tokens of a store; `rflow.ports.team.Tokens` says what each method does."""

    def create(
        self, user: str, scopes: Collection[Scope], expires_at: datetime | None = None, label: str = ""
    ) -> NewToken:
        """Create a token for an account."""
        account = self._mine(user)
        if not account.active:
            raise UsageProblem(f"{account.name} is disabled.", try_="Enable the account first: rflow user enable NAME")
        allowed = checked_scopes(scopes)
        until = utc(expires_at) if expires_at is not None else None
        if until is not None and until <= self.now():
            raise UsageProblem("The token would expire at once.", try_="Use a span such as --expires 30d.")
        secret, made = self.credential("token", account.id, until, scopes=allowed, label=checked_label(label))
        entry = self.entry("token_created", account.id, id=made.id, scopes=",".join(allowed))
        self.account_store.add_credential(made, entry)
        return NewToken(token=token_view(made), secret=secret)

    def tokens(self, user: str = "") -> list[Token]:
        """List the tokens of an account, or all that the actor may see."""
        if user:
            return [token_view(each) for each in self.account_store.credentials(self._mine(user).id, "token")]
        self._check_no_token()
        everybody = None if self.runs_store else self.actor.person.id
        return [token_view(each) for each in self.account_store.credentials(everybody, "token")]

    def revoke(self, reference: str) -> Token:
        """Revoke the one token whose id begins with `reference`."""
        wanted = reference.strip().upper()
        tokens = [token for token in self.tokens() if wanted and token.id.startswith(wanted)]
        if len(tokens) > 1:
            ids = ", ".join(token.id for token in tokens)
            raise UsageProblem(f"That could be more than one token: {ids}.", try_="Type one more letter.")
        if not tokens:
            raise NotFound("There is no such token.", try_="See what there is: rflow token list")
        self.account_store.end([tokens[0].id], [self.entry("token_revoked", tokens[0].user, id=tokens[0].id)])
        return tokens[0]

    def _mine(self, user: str) -> Account:
        """Return an account whose tokens the actor may see and create: their own, or as an admin any."""
        self._check_no_token()
        if self.runs_store:
            return self.account(user)
        account = self.account_store.account(self.actor.person.id)
        if account is None or self.actor.person.id != _id(user):
            raise NotAllowed("You may create tokens only for yourself.", try_="Ask an admin of this server.")
        return account

    def _check_no_token(self) -> None:
        if self.actor.scopes is not None:
            raise no_scope()


def _id(name: str) -> str:
    from rflow.core.accounts import account_name

    return account_name(name).id


def checked_scopes(scopes: Collection[Scope]) -> tuple[Scope, ...]:
    """Return scopes in their usual order, with "read", without which a token allows nothing."""
    unknown = sorted(set(scopes) - set(get_args(Scope)))
    if unknown or not scopes:
        what = f'There is no scope "{unknown[0]}".' if unknown else "A token needs a scope."
        raise UsageProblem(what, try_=f"Scopes are {', '.join(get_args(Scope))}: --scope read,write")
    return tuple(scope for scope in get_args(Scope) if scope in scopes or scope == "read")


def token_view(credential: Credential) -> Token:
    """Return an API token as people see it."""
    return Token(
        id=credential.id,
        user=credential.account,
        ending=credential.ending,
        scopes=credential.scopes,
        label=credential.label,
        created_at=credential.created_at,
        expires_at=credential.expires_at,
        used_at=credential.used_at,
    )
