"""Commands for servers: login, logout, whoami."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from rflow.cli.app import App, now
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.errors import NotSignedIn, Unreachable, UsageProblem

if TYPE_CHECKING:
    from rflow.delivery.url import HttpUrl

app = Group()
Server = Annotated[str, Argument(metavar="[URL]", help="The address of the server.")]


@app.command()
def login(
    run: App,
    url: Annotated[str, Argument(metavar="URL", help="The address of the server.")],
    scope: Annotated[
        str, Option(metavar="SCOPES", help="What commands may do there, with commas: read, write, move, own, share.")
    ] = "read,write,move,own,share",
    with_token: Annotated[
        bool, Option("--with-token", help="Read a token from standard input, instead of asking in a browser.")
    ] = False,
) -> None:
    """Sign in at a server, so that commands can work there.

    It prints a code, and the page at which you type it in a browser, on any machine. The token that the server then
    gives is kept in a file that only you can read, and works for 90 days. In scripts, set RFLOW_TOKEN instead.
    """
    from rflow.cli.server import Tokens, base_of, end_token, server_url, workspace_at

    address = server_url(url)
    expires: datetime | None = None
    if with_token:
        from rflow.cli.server.device import stdin_token

        token = stdin_token(run.read_stdin(4096))
    else:
        before = Tokens(run.settings.folders.state).token(base_of(address))
        token, expires = _by_browser(run, address, scope)
        Tokens(run.settings.folders.state).keep(base_of(address), token)
        if before:
            end_token(url, before, now)
    workspace = workspace_at(url, run.settings.folders.state, {"RFLOW_TOKEN": token}, now)
    try:
        who = workspace.actor.person.name
    finally:
        workspace.close()
    Tokens(run.settings.folders.state).keep(base_of(address), token)
    run.say(f"{address.netloc}: signed in as {who}{_until(expires)}.")
    if run.settings["store"].text.rstrip("/") != base_of(address):
        run.say(f"To work there from now on: rflow config set store {base_of(address)}")


def _by_browser(run: App, address: "HttpUrl", scope: str) -> tuple[str, datetime]:
    """Show a code to type in a browser, and wait until that is done; return the token and when it expires."""
    from rflow.cli.server import base_of
    from rflow.cli.server.device import Device

    with Device(address) as device:
        codes = device.ask(run.text(scope))
        run.say(f"Open this page in a browser, on any machine: {base_of(address)}/device")
        run.say(f"and type this code: {codes.user_code}")
        run.say(f"Waiting for that, at most {codes.expires_in // 60} minutes (Ctrl-C stops) …")
        try:
            given = device.token(codes)
        except KeyboardInterrupt:
            run.say("\nStopped; you are not signed in.")
            raise
    return given.access_token, now() + timedelta(seconds=given.expires_in)


def _until(expires: datetime | None) -> str:
    if expires is None:
        return ""
    from rflow.cli.times import stated

    return f", until {stated(expires)}"


@app.command()
def logout(run: App, url: Server = "") -> None:
    """Sign out at a server: its token is revoked there, and forgotten here."""
    from rflow.cli.server import Tokens, base_of, server_url, workspace_at

    tokens = Tokens(run.settings.folders.state)
    known = tokens.servers()
    if not url and len(known) != 1:
        raise UsageProblem(
            "Which server?" if known else "You are signed in at no server.",
            try_=f"Name one of {', '.join(known)}." if known else "To sign in: rflow login URL",
        )
    server = base_of(server_url(url)) if url else known[0]
    if server not in known:
        raise UsageProblem(
            f"You are not signed in at {server}.", try_=f"You are at: {', '.join(known) or 'no server'}."
        )
    workspace = workspace_at(server, run.settings.folders.state, {}, now)
    try:
        workspace.sign_out()
        run.say(f"{server}: signed out; the token is revoked.")
    except NotSignedIn:
        run.say(f"{server}: signed out; the token had ended before.")
    except Unreachable as unreachable:
        run.say(f"{server}: the token is forgotten here. {unreachable.what} So the token itself still works:")
        run.say("revoke it at the server, or let an admin do it: rflow token revoke TOKEN")
    finally:
        workspace.close()
        tokens.keep(server, "")


@app.command()
def whoami(run: App, json: Json = False) -> None:
    """Show who you are at the store or server, and what you may do there."""
    actor, about = run.workspace.actor, run.workspace.about
    roles = dict(actor.roles or {})
    if json:
        scopes = None if actor.scopes is None else sorted(actor.scopes)
        run.out_json(
            {"person": actor.person, "store": about.url, "admin": actor.admin, "roles": roles, "scopes": scopes}
        )
        return
    run.out(f"{actor.person.name}  ({about.url})")
    for space, role in sorted(roles.items()):
        run.out(f"  {space}: {role}")
    if actor.admin:
        run.out("  admin of this server")
    if actor.scopes is not None:
        run.out(f"  this token allows: {', '.join(sorted(actor.scopes))}")
    if actor.roles is not None and not roles and not actor.admin:
        run.say("You are in no space yet, so you see no sessions. Ask an admin of the server.")
