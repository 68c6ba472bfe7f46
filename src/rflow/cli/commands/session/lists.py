"""The command that lists sessions: list."""

from datetime import datetime
from itertools import islice
from typing import Annotated

from rflow.cli.app import App
from rflow.cli.commands.session.filters import Customer, Inbox, InSpace, InTree, Mine, Owner, Stale, Ticket, filters
from rflow.cli.parsing.declare import Group, Option, Words
from rflow.cli.parsing.options import Json
from rflow.core.session.head import Page, Query
from rflow.service.sessions import heads_with

app = Group()


@app.command("list")
def list_(
    run: App,
    words: Annotated[
        list[str] | None, Words(metavar="[WORD]", help="Only those with it in title, customer or ticket.")
    ] = None,
    mine: Mine = False,
    open_: Annotated[bool, Option("--open", help="Only those not closed (the default).")] = False,
    inbox: Inbox = False,
    stale: Stale = None,
    customer: Customer = None,
    ticket: Ticket = None,
    tree: InTree = None,
    owner: Owner = None,
    space: InSpace = "",
    all_: Annotated[bool, Option("-a", "--all", help="Closed sessions too.")] = False,
    limit: Annotated[int, Option(metavar="N", min=1, max=10_000, help="Maximum number to show.")] = 50,
    json: Json = False,
) -> None:
    """List sessions, the most recently updated first."""
    query = filters(
        run,
        not_closed=open_ or not all_,
        mine=mine,
        inbox=inbox,
        stale=stale,
        customer=customer,
        ticket=ticket,
        tree=tree,
        owner=owner,
        limit=limit,
        space=space,
    )
    page = _with_words(run, query, words) if words else run.workspace.heads(query)
    if json:
        from rflow.cli.display.json import head_record

        run.out_json([head_record(head) for head in page.heads])
    else:
        _print_page(run, page, run.workspace.now(), limit)
        if not page.heads:
            narrowed = any((words, mine, inbox, stale, customer, ticket, tree, owner, space))
            run.say(_nothing(narrowed=narrowed, all_=all_))


def _nothing(*, narrowed: bool, all_: bool) -> str:
    """Say that there is nothing to list, and what to do."""
    start = 'To start one: rflow start TREE, or rflow start --title "What is wrong"'
    none = "Nothing matches." if narrowed else f"No {'sessions' if all_ else 'open sessions'}. {start}"
    return none if all_ else f"{none}{' ' if narrowed else '   '}Closed sessions too: rflow list --all"


def _with_words(run: App, query: Query, words: list[str]) -> Page:
    """Return the sessions of a query that contain all words in title, customer or ticket."""
    matching = heads_with(run.workspace, query, [run.text(word) for word in words])
    heads = tuple(islice(matching, query.limit))
    return Page(heads=heads, after=(query.after or "more") if next(matching, None) else None)


def _print_page(run: App, page: Page, now: datetime, limit: int) -> None:
    """Print a table of sessions, and how to see more."""
    from rflow.cli.display.lists import heads_table

    if page.heads:
        run.out(heads_table(page.heads, run.me.id, now))
    if page.after:
        run.say(f"There are more sessions; to see more: --limit {limit * 4}")
