"""Rate limits for passwords, counted in the store so that they apply across processes."""

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
    message: str = "There were too many wrong passwords.",
) -> None:
    """Count an attempt before its password is checked; raise `TooManyAttempts` if there were too many.

    `what` is stored as a hash, because somebody may have typed their password instead of their name.
    """
    window, passed = _window(at)
    if not accounts.increment(_name(what), window, limit, at + 2 * ATTEMPTS_WINDOW):
        wait = int(ATTEMPTS_WINDOW.total_seconds()) - passed
        minutes = -(-wait // 60)
        raise TooManyAttempts(
            message,
            try_=f"Try again in {minutes} minute{'' if minutes == 1 else 's'}.",
            retry_after=wait,
        )


def clear(accounts: AccountStore, what: str) -> None:
    """Reset the count after a right password."""
    accounts.clear(_name(what))


def take_back(accounts: AccountStore, what: str, at: datetime) -> None:
    """Uncount one attempt after a right password. The rest may be by other clients at the same address."""
    accounts.decrement(_name(what), _window(at)[0])


def network(address: str) -> str:
    """Return the key for a client's address: for IPv6 its /64 network, since a client has all addresses in it."""
    return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address


def _window(at: datetime) -> tuple[int, int]:
    """Return the number of the window, and how many seconds of it have passed."""
    return divmod(int(at.timestamp()), int(ATTEMPTS_WINDOW.total_seconds()))


def _name(what: str) -> str:
    return "attempts " + fingerprint(what.encode("utf-8", "replace"))[:32]
