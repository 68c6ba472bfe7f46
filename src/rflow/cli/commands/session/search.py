"""The command `search`."""

from typing import Annotated

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.commands.session.filters import Customer, Inbox, InTree, Mine, Owner, Stale, Ticket, filters
from rflow.cli.parsing.declare import Group, Option, Words
from rflow.cli.parsing.options import Json
from rflow.core.session.head import Query
from rflow.core.session.search.query import Search, SearchPage, read_terms
from rflow.core.text import counted

app = Group()


@app.command()
def search(
    run: App,
    words: Annotated[list[str], Words(metavar="WORDS", help="Words in quotation marks must follow each other.")],
    mine: Mine = False,
    open_: Annotated[bool, Option("--open", help="Only those not closed.")] = False,
    inbox: Inbox = False,
    stale: Stale = None,
    customer: Customer = None,
    ticket: Ticket = None,
    tree: InTree = None,
    owner: Owner = None,
    limit: Annotated[int, Option(metavar="N", min=1, max=1000, help="Maximum number to show.")] = 10,
    page: Annotated[int, Option(metavar="N", min=1, max=10_000, help="The page to show.")] = 1,
    json: Json = False,
) -> None:
    """Search all sessions, closed ones too; the best match comes first.

    It searches titles, briefs, steps, notes, outcomes, and the beginning and end of evidence. All words must occur. The
    last one may be the beginning of a longer word, others only with a star: conn*. Nothing is redacted.
    """
    query = filters(
        run,
        not_closed=open_,
        mine=mine,
        inbox=inbox,
        stale=stale,
        customer=customer,
        ticket=ticket,
        tree=tree,
        owner=owner,
        limit=limit,
        after=str((page - 1) * limit) if page > 1 else None,
    )
    wanted = Search(words=" ".join(map(_typed, words)), filters=query)
    results = _searched(run, wanted)
    if json:
        from rflow.cli.display.json import hit_record

        run.out_json([hit_record(hit) for hit in results.hits])
    elif results.hits:
        _print_hits(run, results, page, limit)
    else:
        _explain_nothing(run, wanted, results)


def _typed(word: str) -> str:
    """Return a word of the command line, with quotation marks around a phrase, which the shell has removed."""
    return f'"{word}"' if len(word.split()) > 1 and '"' not in word else word


def _searched(run: App, wanted: Search) -> SearchPage:
    """Search, and wait for the index while it is being built."""
    results = run.workspace.search(wanted)
    if results.building is None:
        return results
    from rflow.cli.display.bar import progress_bar

    run.say("Building the search index. Later searches are quick.")
    with progress_bar("Building") as report:
        while results.building is not None:
            report(results.building, 100)
            results = run.workspace.search(wanted)
    return results


def _print_hits(run: App, results: SearchPage, page: int, limit: int) -> None:
    from rflow.cli.display.hits import hits_text

    run.out(hits_text(results.hits, run.me.id, run.workspace.now()))
    first = (page - 1) * limit + 1
    shown = f"{first:,} to {first + len(results.hits) - 1:,} of " if results.total > len(results.hits) else ""
    more = f" More: add --page {page + 1}, or another word." if results.after else ""
    run.say(f"{shown}{counted(results.total, 'session')}, the best match first.{more}")
    run.say(f"To see one: rflow show {results.hits[0].head.code}. Nothing here is redacted.")
    if results.remark:
        run.say(results.remark)


def _explain_nothing(run: App, wanted: Search, results: SearchPage) -> None:
    """Say why there may be no results, and what to try."""
    if results.total:
        run.say(f"That page is empty. {counted(results.total, 'session')} match: use a lower --page, or more words.")
        return
    filtered = replace(wanted.filters, limit=Query().limit, after=None) != Query()
    run.say(f"Nothing matches {wanted.words}{' with these filters' if filtered else ''}.", verbatim=True)
    if filtered and (without := _count(run, wanted.words)):
        run.say(f"Without the filters: {counted(without, 'session')}.")
        return
    terms = read_terms(wanted.words)
    if len(terms) > 1:
        counts = [f"{term.typed} in {counted(_count(run, term.typed), 'session')}" for term in terms]
        run.say(f"Each alone: {', '.join(counts)}.", verbatim=True)
    loose = wanted.words.replace('"', "")
    if loose != wanted.words and (count := _count(run, loose)):
        run.say(f"In any order: {counted(count, 'session')}. To see them: {run.program} search {loose}", verbatim=True)
    else:
        run.say("Try fewer words, or only the beginning of one (conn*).")


def _count(run: App, words: str) -> int:
    return _searched(run, Search(words=words, filters=Query(limit=1))).total
