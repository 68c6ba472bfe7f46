"""Commands for API tokens: token create, list, revoke."""

from typing import Annotated, cast

from rflow.cli.app import App
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.core.actors import Scope

app = Group(help="API tokens of accounts: create, list, revoke.")


@app.command()
def create(
    run: App,
    user: Annotated[str, Option("--user", metavar="NAME", help="Whose token it is.")],
    scope: Annotated[
        str,
        Option(
            "--scope", metavar="SCOPES", help="What it allows, with commas: read, write, move, own, share, publish."
        ),
    ] = "read,write",
    expires: Annotated[str, Option("--expires", metavar="SPAN|never", help="How long it works: 30d.")] = "90d",
    label: Annotated[str, Option("--label", metavar="TEXT", help="What it is for.")] = "",
    json: Json = False,
) -> None:
    """Create a token, by which a program acts as an account. It is shown only once.

    write adds entries, move goes on in the tree, own changes who owns a session or closes it, share makes links,
    publish lets a lead publish trees. No token may delete sessions or create tokens.
    """
    from rflow.cli.commands.sharing.share import ending, moment

    scopes = cast("list[Scope]", [part.strip() for part in scope.split(",") if part.strip()])
    until = ending(expires, run.workspace.now())
    new = run.tokens.create(run.text(user), scopes, until, run.text(label))
    token = new.token
    if json:
        record = {"id": token.id, "token": new.secret, "user": token.user, "scopes": token.scopes}
        run.out_json({**record, "expires_at": token.expires_at})
        return
    lasting = f"until {moment(token.expires_at)}" if token.expires_at else "until it is revoked"
    run.say(f"Token {token.id} for {token.user} ({', '.join(token.scopes)}), works {lasting}. It is shown only now:")
    run.out(new.secret)


@app.command("list")
def list_(
    run: App,
    user: Annotated[str, Option("--user", metavar="NAME", help="Only those of one account.")] = "",
    json: Json = False,
) -> None:
    """List tokens, with when they were last used."""
    from rflow.cli.commands.sharing.share import moment
    from rflow.cli.display.lists import table

    tokens = run.tokens.tokens(run.text(user))
    if json:
        run.out_json(tokens)
        return None
    if not tokens:
        return run.say("There are no tokens. To create one: rflow token create --user NAME --scope read,write")
    rows = [
        (
            token.id,
            f"…{token.ending}",
            token.user,
            ",".join(token.scopes),
            f"until {moment(token.expires_at)}" if token.expires_at else "",
            f"used {moment(token.used_at)}" if token.used_at else "never used",
            token.label,
        )
        for token in tokens
    ]
    return run.out(table([("TOKEN", "", "USER", "SCOPES", "", "", "FOR"), *rows]))


@app.command()
def revoke(
    run: App,
    tokens: Annotated[list[str], Argument(metavar="TOKEN...", help="Their ids: see `rflow token list`.")],
) -> None:
    """Revoke tokens: they stop working at once."""
    for reference in tokens:
        token = run.tokens.revoke(reference)
        run.say(f"{token.id}: revoked.")
