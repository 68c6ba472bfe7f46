"""The filter options of `list` and `search`."""

from datetime import datetime
from typing import Annotated

from rflow.cli.app import App
from rflow.cli.parsing.completion import people, trees
from rflow.cli.parsing.declare import Option
from rflow.core.session.head import Query
from rflow.core.session.state import Status
from rflow.service.sessions import space_named

Mine = Annotated[bool, Option("--mine", help="Only those I own.")]
Inbox = Annotated[bool, Option("--inbox", help="Only those handed to me and not accepted yet.")]
Stale = Annotated[str | None, Option(metavar="SPAN", help="Only those not updated for: 4h, 2d.")]
Customer = Annotated[str | None, Option(metavar="TEXT", help="Only this customer's.")]
Ticket = Annotated[str | None, Option(metavar="TEXT", help="Only this ticket's.")]
InTree = Annotated[str | None, Option("--tree", metavar="TREE", help="Only those in this tree.", autocompletion=trees)]
Owner = Annotated[str | None, Option("--owner", metavar="USER", help="Only this owner's.", autocompletion=people)]
InSpace = Annotated[str, Option("--space", metavar="NAME", help="Only those in this space.")]

NOT_CLOSED: tuple[Status, ...] = ("open", "handed_off")


def filters(
    run: App,
    *,
    not_closed: bool,
    mine: bool,
    inbox: bool,
    stale: str | None,
    customer: str | None,
    ticket: str | None,
    tree: str | None,
    owner: str | None,
    limit: int,
    after: str | None = None,
    space: str = "",
) -> Query:
    """Return the query for the options of a command."""
    from rflow.core.people import person

    me = run.me.id
    return Query(
        owner=me if mine else person(owner).id if owner else None,
        status=NOT_CLOSED if not_closed else (),
        inbox=me if inbox else None,
        customer=customer,
        ticket=ticket,
        tree=tree,
        stale_before=_before(run, stale) if stale else None,
        limit=limit,
        after=after,
        spaces=(space_named(run.workspace, run.text(space)).id,) if space else None,
    )


def _before(run: App, age: str) -> datetime:
    """Return the time a span ago."""
    from rflow.cli.times import span

    return run.workspace.now() - span(age)
