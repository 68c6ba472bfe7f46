"""Commands for trees that a team shares: tree stats, proposals."""

from typing import Annotated

from rflow.cli.app import App
from rflow.cli.parsing.completion import trees
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import UsageProblem
from rflow.service.sessions import space_named
from rflow.service.trees import named_tree

app = Group()
Space = Annotated[str, Option(metavar="NAME", help="The space: see `rflow space list`.")]


@app.command()
def stats(
    run: App,
    tree: Annotated[str, Argument(metavar="TREE", help="See `rflow tree list`.", autocompletion=trees)],
    since: Annotated[
        str, Option(metavar="TIME", help="Only sessions updated since then: 30d, monday, 2026-11-01.")
    ] = "",
    space: Space = "",
    json: Json = False,
) -> None:
    """Count what happened at each node of a tree.

    How many sessions came there, how long they stayed (the median), how many were closed there as escalated or
    abandoned, and what people flagged as wrong.
    """
    from rflow.cli.times import past
    from rflow.cli.trees.learning import stats_text

    where = _space(run, space)
    begin = past(since, run.workspace.now()) if since else None
    found = run.workspace.tree_stats(named_tree(run.workspace, tree, where).id, where, begin)
    if json:
        run.out_json(found)
    else:
        run.out(stats_text(found, run.workspace.now()))


@app.command()
def proposals(
    run: App,
    accept: Annotated[str, Option(metavar="ID", help="Make it the current version (leads).")] = "",
    decline: Annotated[str, Option(metavar="ID", help="Drop it (leads).")] = "",
    space: Space = "",
    json: Json = False,
) -> None:
    """List the versions of trees that members propose, with what they change.

    On a server, leads publish trees; what other members add, import or edit becomes a proposal.
    """
    from rflow.cli.trees.learning import proposal_text

    where = _space(run, space)
    if accept and decline:
        raise UsageProblem("Accept or decline: not both.", try_="See what there is: rflow tree proposals")
    if accept or decline:
        decided = run.workspace.decide_proposal(accept or decline, "accept" if accept else "decline", where)
        word = "published; sessions keep their version" if accept else "declined"
        run.say(f"{decided.tree} by {decided.by.name}: {word}.")
        return
    listed = run.workspace.proposals(where)
    if json:
        run.out_json(listed)
        return
    for proposal in listed:
        run.out(proposal_text(run.workspace, proposal, run.workspace.now()))
    run.say("To decide: rflow tree proposals --accept ID, or --decline ID" if listed else "Nothing is proposed.")


def _space(run: App, name: str) -> str:
    return space_named(run.workspace, run.text(name)).id if name else DEFAULT_SPACE
