"""The command that shows the audit: audit."""

from typing import Annotated

from rflow.cli.app import App
from rflow.cli.parsing.declare import Group, Option
from rflow.cli.parsing.options import Json

app = Group()


@app.command()
def audit(
    run: App,
    after: Annotated[int, Option("--after", metavar="SEQ", min=0, help="Only entries after this number.")] = 0,
    json: Json = False,
) -> None:
    """Show who signed in, and changes of accounts, roles and owners.

    The oldest entry comes first.

    --json prints one JSON object a line. There is never a secret in it, nor a text of a session.
    """
    from rflow.cli.display.audit import audit_line, audit_record

    entries = run.accounts.audit(after)
    for entry in entries:
        run.out(audit_record(entry) if json else audit_line(entry))
    if not entries and not json:
        run.say("The audit has no entries yet; it begins with the first account.")
