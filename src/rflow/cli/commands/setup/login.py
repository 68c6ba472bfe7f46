"""Commands for servers: login, logout, whoami."""

from typing import Annotated

from rflow.cli.app import App, now
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.errors import UsageProblem

app = Group()
Server = Annotated[str, Argument(metavar="[URL]", help="The address of the server.")]


@app.command()
def login(
    run: App,
    url: Server,
    with_token: Annotated[bool, Option("--with-token", help="Read a token from standard input.")] = False,
) -> None:
    """Sign in at a server, so that commands can work there.

    The token is kept in a file that only you can read. In scripts, set RFLOW_TOKEN instead.
    """
    from rflow.cli.server import Tokens, base_of, server_url, workspace_at

    address = server_url(url)
    if not with_token:
        raise UsageProblem("A token is needed.", try_=f"Pipe it in: … | rflow login {base_of(address)} --with-token")
    token = run.read_stdin(4096).decode("utf-8", "replace").strip()
    workspace = workspace_at(url, run.settings.folders.state, {"RFLOW_TOKEN": token}, now)
    who = workspace.actor.person.name
    workspace.close()
    Tokens(run.settings.folders.state).keep(base_of(address), token)
    run.say(f"{address.netloc}: signed in as {who}.")
    run.say(f"To work there from now on: rflow config set store {base_of(address)}")


@app.command()
def logout(run: App, url: Server = "") -> None:
    """Forget the token for a server."""
    from rflow.cli.server import Tokens, base_of, server_url

    tokens = Tokens(run.settings.folders.state)
    known = tokens.servers()
    if not url and len(known) != 1:
        raise UsageProblem(
            "Which server?" if known else "You are signed in at no server.",
            try_=f"Name one of {', '.join(known)}." if known else "To sign in: rflow login URL",
        )
    server = base_of(server_url(url)) if url else known[0]
    tokens.keep(server, "")
    run.say(f"{server}: signed out. The token still works elsewhere; to end it: rflow token revoke")


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
