"""URLs of sessions and links, copied from a chat or a browser: finding the server and the session."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from rflow.cli.server import TOKEN_VARIABLE, Tokens, base_of, server_url
from rflow.errors import NotSignedIn, RflowError, UsageProblem

if TYPE_CHECKING:
    from rflow.cli.app import App
    from rflow.core.session.state import Session

_PLACE = re.compile(r"(?P<base>.*?)/(?P<kind>sessions|share)/(?P<name>[^/?#]+)(?:[/?#].*)?\Z", re.DOTALL)
_SUFFIX = re.compile(r"\.(md|txt|json|html)\Z")


class Address(NamedTuple):
    """A server, and the code or id of a session there, or the token of a link."""

    server: str
    name: str
    is_link: bool


@contextmanager
def session_at(run: "App", reference: str) -> "Iterator[tuple[App, Session]]":
    """Yield a session named by code, word or URL, and the run for the store that it is in."""
    if not reference.strip("<> ").startswith(("https://", "http://")):
        yield run, run.named(reference)
        return
    address = read_address(reference)
    there = at_address(run, address)
    if there is run:
        yield run, find_at(run, address)
        return
    try:
        yield there, find_at(there, address)
        there.say(f"To work there without --store: rflow config set store {address.server}")
    except RflowError as error:
        error.try_ = there.typable(error.try_)
        raise
    finally:
        there.close()


def read_address(text: str) -> Address:
    """Parse the URL of a session or a link; raise `UsageProblem` for any other."""
    place = _PLACE.match(text.strip("<> "))
    if place is None:
        raise UsageProblem(
            "That is not the address of a session or a link.",
            try_="It looks like https://rflow.example.com/sessions/K7QM-2F or https://rflow.example.com/share/rfs_…",
        )
    name = _SUFFIX.sub("", place["name"].rstrip(".,;:!)"))
    return Address(server=base_of(server_url(place["base"])), name=name, is_link=place["kind"] == "share")


def at_address(run: "App", address: Address) -> "App":
    """Return the run for the server of an address; raise `NotSignedIn` if the user has no token for it."""
    from rflow.service.opening import absolute_url

    if run.at_server and absolute_url(run.settings["store"].text).rstrip("/") == address.server:
        return run
    if not Tokens(run.settings.folders.state).token(address.server):
        if not run.at_server and _serves(run, address.server):
            return run
        hint = f" ({TOKEN_VARIABLE} is only for the configured store.)" if run.environ_token else ""
        raise NotSignedIn(
            f"You are not signed in at {address.server}.{hint}", try_=f"Sign in: rflow login {address.server}"
        )
    return run.at_store(address.server, run.settings["user.name"].text)


def _serves(run: "App", server: str) -> bool:
    """Whether links to the configured store start with this address."""
    from rflow.cli.display.links import base_of as base_of_links

    return base_of_links(run).url.rstrip("/") == server


def find_at(there: "App", address: Address) -> "Session":
    """Load the session of an address."""
    from rflow.service.sessions import find_session, load_session

    if not address.is_link:
        return find_session(there.workspace, address.name)
    return load_session(there.workspace, there.workspace.session_of_link(address.name).id)
