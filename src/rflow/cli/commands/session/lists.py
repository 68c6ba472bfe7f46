"""The command that lists sessions: list."""

from datetime import datetime
from typing import Annotated

from rflow.cli.app import App
from rflow.cli.parsing.completion import people, trees
from rflow.cli.parsing.declare import Group, Option, Words
from rflow.cli.parsing.options import Json
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.state import Status
from rflow.service.sessions import all_heads, space_named

app = Group()


@app.command("list")
def list_(
    run: App,
    words: Annotated[
        list[str] | None, Words(metavar="[WORD]", help="Only those with it in title, customer or ticket.")
    ] = None,
    mine: Annotated[bool, Option("--mine", help="Only those I own.")] = False,
    open_: Annotated[bool, Option("--open", help="Only those not closed (the default).")] = False,
    inbox: Annotated[bool, Option("--inbox", help="Only those handed to me and not accepted yet.")] = False,
    stale: Annotated[str | None, Option(metavar="SPAN", help="Only those not updated for: 4h, 2d.")] = None,
    customer: Annotated[str | None, Option(metavar="TEXT", help="Only this customer's.")] = None,
    ticket: Annotated[str | None, Option(metavar="TEXT", help="Only this ticket's.")] = None,
    tree: Annotated[str | None, Option(metavar="TREE", help="Only those in this tree.", autocompletion=trees)] = None,
    owner: Annotated[str | None, Option(metavar="USER", help="Only this owner's.", autocompletion=people)] = None,
    space: Annotated[str, Option(metavar="NAME", help="Only those in this space.")] = "",
    all_: Annotated[bool, Option("-a", "--all", help="Closed sessions too.")] = False,
    limit: Annotated[int, Option(min=1, max=10_000, help="Maximum number to show.")] = 50,
    json: Json = False,
) -> None:
    """List sessions, the most recently updated first."""
    from rflow.cli.times import span
    from rflow.core.people import person

    now = run.workspace.now()
    me = run.me.id
    statuses: tuple[Status, ...] = () if all_ and not open_ else ("open", "handed_off")
    query = Query(
        owner=me if mine else person(owner).id if owner else None,
        status=statuses,
        inbox=me if inbox else None,
        customer=customer,
        ticket=ticket,
        tree=tree,
        stale_before=now - span(stale) if stale else None,
        limit=limit,
        spaces=(space_named(run.workspace, run.text(space)).id,) if space else None,
    )
    page = _with_words(run, query, words) if words else run.workspace.heads(query)
    if json:
        from rflow.cli.display.json import head_record

        run.out_json([head_record(head) for head in page.heads])
    else:
        _print_page(run, page, now, limit)
        if not page.heads:
            run.say("Nothing matches." if all_ else "Nothing matches. Closed sessions too: rflow list --all")


def _with_words(run: App, query: Query, words: list[str]) -> Page:
    """Return the sessions of a query that have all of the words in title, customer or ticket."""
    wanted = [run.text(word).casefold() for word in words]
    matching: list[Head] = []
    for head in all_heads(run.workspace, query):
        text = "\n".join((head.title, head.customer, head.ticket)).casefold()
        if all(word in text for word in wanted):
            if len(matching) == query.limit:
                return Page(heads=tuple(matching), after=query.after or "more")
            matching.append(head)
    return Page(heads=tuple(matching))


def _print_page(run: App, page: Page, now: datetime, limit: int) -> None:
    """Print a table of sessions, and how to see more of them."""
    from rflow.cli.display.lists import heads_table

    if page.heads:
        run.out(heads_table(page.heads, run.me.id, now))
    if page.after:
        run.say(f"There are more sessions; to see more: --limit {limit * 4}")
