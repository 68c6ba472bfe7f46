"""The command that shows the audit: audit."""

from typing import Annotated

from rflow.cli.app import App
from rflow.cli.parsing.declare import Group, Option
from rflow.cli.parsing.options import Json
from rflow.errors import UsageProblem

app = Group()


@app.command()
def audit(
    run: App,
    after: Annotated[int, Option("--after", metavar="SEQ", min=0, help="Only entries after this number.")] = 0,
    last: Annotated[int | None, Option("--last", metavar="N", min=1, help="Only the last N entries.")] = None,
    json: Json = False,
) -> None:
    """Show who signed in, and changes of accounts, roles and owners.

    The oldest entry comes first.

    --json prints one JSON object a line. There is never a secret in it, nor a text of a session.
    """
    from rflow.cli.display.audit import audit_line, audit_record

    if last is not None and after:
        raise UsageProblem("--last and --after both say which entries.", try_="Use one of them.")
    entries = run.accounts.audit(after) if last is None else run.accounts.latest_audit(last)[::-1]
    for entry in entries:
        run.out(audit_record(entry) if json else audit_line(entry))
    if not entries and not json:
        run.say("The audit has no entries yet; it begins with the first account.")
