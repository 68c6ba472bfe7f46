"""Servers: the user's tokens for them, and opening a workspace at one."""

import json
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rflow.errors import NotSignedIn, RflowError, StoreProblem, UsageProblem
from rflow.ports.values import Clock
from rflow.whole_files import write_own_file

if TYPE_CHECKING:
    from rflow.delivery.url import HttpUrl
    from rflow.remote import RemoteWorkspace

TOKEN_VARIABLE = "RFLOW_TOKEN"  # noqa: S105 (a name)


def server_url(text: str) -> "HttpUrl":
    """Parse the address of a server; raise `UsageProblem` if it is invalid or not safe for a token."""
    from rflow.delivery.url import HttpUrl, parse_safe_url

    parsed = "contains ? or #" if "?" in text or "#" in text else parse_safe_url(text)
    if not isinstance(parsed, HttpUrl):
        raise UsageProblem(f"The address of the server {parsed}.", try_="Write it as https://rflow.example.com")
    return parsed


def base_of(url: "HttpUrl") -> str:
    """Return the address of a server in its normal form."""
    return f"{'https' if url.secure else 'http'}://{url.netloc}{url.path.rstrip('/')}"


def workspace_at(text: str, state: Path, environ: Mapping[str, str], clock: Clock) -> "RemoteWorkspace":
    """Return the user's workspace at a server; raise `NotSignedIn` without a token for it."""
    from rflow.remote import RemoteWorkspace

    url = server_url(text)
    token = environ.get(TOKEN_VARIABLE) or Tokens(state).token(base_of(url))
    if not token:
        raise NotSignedIn(f"You are not signed in at {url.netloc}.", try_=f"Sign in: rflow login {base_of(url)}")
    return RemoteWorkspace(url, token, clock=clock)


def end_token(text: str, token: str, clock: Clock) -> None:
    """Revoke a token that was replaced, if the server can be reached."""
    workspace = workspace_at(text, Path(), {TOKEN_VARIABLE: token}, clock)
    with closing(workspace), suppress(RflowError):
        workspace.sign_out()


class Tokens:
    """The user's tokens by server, in a file that only the user can read."""

    def __init__(self, state: Path) -> None:
        self._path = state / "servers.json"

    def token(self, server: str) -> str:
        """Return the token for a server; "" if there is none."""
        return self._read().get(server, "")

    def keep(self, server: str, token: str) -> None:
        """Store a token; an empty one removes it."""
        tokens = {**self._read(), server: token}
        kept = {name: value for name, value in tokens.items() if value}
        write_own_file(self._path, json.dumps(kept, indent=1).encode())

    def servers(self) -> list[str]:
        """Return the servers with a token."""
        return sorted(self._read())

    def _read(self) -> dict[str, str]:
        try:
            saved = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise StoreProblem(f"{self._path} can't be read.", try_="Remove it, and sign in again.") from error
        return {str(name): str(value) for name, value in saved.items()} if isinstance(saved, dict) else {}
