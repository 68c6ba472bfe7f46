"""Links with a password or a limit of views: what they keep, and how a reader opens them."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

import msgspec

from rflow.core.accounts import OPENED_LIFE, AuditEntry, Credential, from_address, is_live
from rflow.core.fingerprint import fingerprint
from rflow.core.session.times import utc
from rflow.core.sharing import Share, ShareWish
from rflow.core.text import one_line
from rflow.core.tokens import is_token, token_hash, token_of
from rflow.errors import NotFound, NotSignedIn, UsageProblem
from rflow.identity import share_id
from rflow.ports.stores import Store
from rflow.ports.values import Clock
from rflow.service.team import attempts, passwords

LABEL_LIMIT = 200


def checked_label(label: str) -> str:
    """Return the label of a link or a token on one line; raise `UsageProblem` if it is too long."""
    line = one_line(label)
    if len(line) > LABEL_LIMIT:
        raise UsageProblem(
            f"The label is longer than {LABEL_LIMIT} characters.", try_="Say in a few words what it is for."
        )
    return line


class Protection(TypedDict):
    """The fields of a link that protect it."""

    password: str
    max_views: int | None


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A link that a reader has opened: the token that shows so until it expires, for their cookie."""

    token: str
    expires_at: datetime


def protection(store: Store, wish: ShareWish) -> Protection:
    """Return what protects a new link; raise `UsageProblem` where the store can't count attempts and views."""
    if wish.max_views is not None:
        _ = store.accounts
        if wish.max_views < 1:
            raise UsageProblem("A link needs at least one view.", try_="Use --max-views 1 or more.")
    password = link_password(store, wish.password) if wish.password else ""
    return Protection(password=password, max_views=wish.max_views)


def link_password(store: Store, password: str) -> str:
    """Return the hash of a link's password."""
    _ = store.accounts
    if not 4 <= len(password) <= 200:
        raise UsageProblem("The password of a link has 4 to 200 characters.", try_="Use a few words.")
    return passwords.hashed(password)


class ProtectedLinks:
    """Opens links that have a password or a limit of views. Readers need not open a link again for an hour."""

    def __init__(self, store: Store, *, clock: Clock, random: Callable[[int], bytes] = os.urandom) -> None:
        self._store = store
        self._clock = clock
        self._random = random

    def open(self, share: Share, password: str = "", address: str = "") -> Opened:
        """Open a link that works: check its password, then use one of its views.

        Raises `NotSignedIn` for a wrong password, `TooManyAttempts`, and `NotFound` where no view is left.
        """
        if share.password:
            self._check_password(share, password, address)
        if share.max_views is not None and not self._store.accounts.increment(f"views {share.id}", 0, share.max_views):
            raise NotFound("This link has been opened as often as it may be.", try_="Ask for a new one.")
        now = utc(self._clock())
        expires_at = min(now + OPENED_LIFE, share.expires_at or now + OPENED_LIFE)
        token = token_of(self._random(32), "opened")
        credential = Credential(
            id=share_id(self._random(7)),
            kind="opened",
            account=share.id,
            hash=token_hash(token),
            ending=token[-4:],
            created_at=now,
            expires_at=expires_at,
            label=_generation(share),
        )
        entry = AuditEntry(
            at=now, action="link_opened", subject=share.id, space=share.space, details=from_address(address)
        )
        self._store.accounts.add_credential(credential, entry)
        return Opened(token=token, expires_at=expires_at)

    def _check_password(self, share: Share, password: str, address: str) -> None:
        accounts, now = self._store.accounts, utc(self._clock())
        attempts.check(accounts, f"link {share.id}", now)
        if not passwords.verifies(password, share.password):
            details = from_address(address)
            wrong = AuditEntry(
                at=now, action="link_password_wrong", subject=share.id, space=share.space, details=details
            )
            accounts.record([wrong])
            raise NotSignedIn("That is not the password of this link.", try_="Ask the person who sent it to you.")
        attempts.clear(accounts, f"link {share.id}")

    def is_open(self, share: Share, token: str) -> bool:
        """Whether a reader has opened a link with the password that it has now."""
        credential = self._store.accounts.credential(token_hash(token)) if is_token(token, "opened") else None
        if credential is None or credential.kind != "opened" or not is_live(credential, utc(self._clock())):
            return False
        return (credential.account, credential.label) == (share.id, _generation(share))


def _generation(share: Share) -> str:
    """Return what changes with a link's password: who opened it with another one must do so again."""
    return fingerprint(share.password.encode())[:16]
