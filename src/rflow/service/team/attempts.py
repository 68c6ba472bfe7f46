"""Rate limits for passwords: counted in the store, so that they hold over several processes."""

from datetime import datetime

from rflow.core.accounts import ATTEMPTS, ATTEMPTS_WINDOW
from rflow.core.fingerprint import fingerprint
from rflow.errors import TooManyAttempts
from rflow.ports.accounts import AccountStore


def check(accounts: AccountStore, what: str, at: datetime, limit: int = ATTEMPTS) -> None:
    """Count an attempt before the password is looked at; raise `TooManyAttempts` if there were too many.

    `what` is hashed: somebody may have typed a password where the name belongs.
    """
    seconds = int(ATTEMPTS_WINDOW.total_seconds())
    window, passed = divmod(int(at.timestamp()), seconds)
    if not accounts.hit(_name(what), window, limit, at + 2 * ATTEMPTS_WINDOW):
        wait = seconds - passed
        minutes = -(-wait // 60)
        raise TooManyAttempts(
            "There were too many wrong passwords.",
            try_=f"Try again in {minutes} minute{'' if minutes == 1 else 's'}.",
            retry_after=wait,
        )


def clear(accounts: AccountStore, what: str) -> None:
    """Forget the attempts: the right password came."""
    accounts.clear(_name(what))


def _name(what: str) -> str:
    return "attempts " + fingerprint(what.encode("utf-8", "replace"))[:32]
