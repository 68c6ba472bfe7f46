"""Rate limits for passwords: counted in the store, so that they hold over several processes."""

from datetime import datetime
from ipaddress import ip_network

from rflow.core.accounts import ATTEMPTS, ATTEMPTS_WINDOW
from rflow.core.fingerprint import fingerprint
from rflow.errors import TooManyAttempts
from rflow.ports.accounts import AccountStore


def check(
    accounts: AccountStore,
    what: str,
    at: datetime,
    limit: int = ATTEMPTS,
    said: str = "There were too many wrong passwords.",
) -> None:
    """Count an attempt before the password is looked at; raise `TooManyAttempts` if there were too many.

    `what` is hashed: somebody may have typed a password where the name belongs.
    """
    window, passed = _window(at)
    if not accounts.hit(_name(what), window, limit, at + 2 * ATTEMPTS_WINDOW):
        wait = int(ATTEMPTS_WINDOW.total_seconds()) - passed
        minutes = -(-wait // 60)
        raise TooManyAttempts(
            said,
            try_=f"Try again in {minutes} minute{'' if minutes == 1 else 's'}.",
            retry_after=wait,
        )


def clear(accounts: AccountStore, what: str) -> None:
    """Forget the attempts: the right password came."""
    accounts.clear(_name(what))


def take_back(accounts: AccountStore, what: str, at: datetime) -> None:
    """Count an attempt no longer: the right password came, and others behind the same address may have wrong ones."""
    accounts.take_back(_name(what), _window(at)[0])


def network(address: str) -> str:
    """Return what a client's address is counted as: a client has all addresses of an IPv6 network of 64 bits."""
    return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address


def _window(at: datetime) -> tuple[int, int]:
    """Return the number of the window, and how many seconds of it have passed."""
    return divmod(int(at.timestamp()), int(ATTEMPTS_WINDOW.total_seconds()))


def _name(what: str) -> str:
    return "attempts " + fingerprint(what.encode("utf-8", "replace"))[:32]
