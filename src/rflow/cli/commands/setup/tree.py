"""Commands for trees: tree list, show, graph, check, add, remove; `making_trees` has those that create trees."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from rflow.cli.app import App
from rflow.cli.commands.setup import making_trees, shared_trees
from rflow.cli.output import echo, unstyled
from rflow.cli.parsing.completion import trees
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json, Overwrite
from rflow.cli.sources import confirm_overwrite, write_output
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.text import one_line
from rflow.core.tree.model import Tree
from rflow.core.tree.problems import ends_without_cause
from rflow.errors import Exit, RflowError, UsageProblem
from rflow.service.sessions import space_named
from rflow.service.trees import add_tree, named_tree, remove_tree

app = Group(help="Trees: list, show, graph, add, import, new, edit, check, diff, stats, proposals, remove.")
Name = Annotated[str, Argument(metavar="TREE", help="See `rflow tree list`.", autocompletion=trees)]
Files = Annotated[list[Path] | None, Argument(metavar="FILE...", help="TOML, YAML or JSON.")]


@app.command("list")
def list_(run: App, json: Json = False) -> None:
    """List the trees."""
    from rflow.cli.display.lists import table

    names = run.workspace.tree_names()
    if json:
        fields = ("id", "title", "digest", "nodes", "added_at")
        run.out_json([{field: getattr(name, field) for field in fields} for name in names])
    elif names:
        run.out(table([("TREE", "NODES", "TITLE"), *((name.id, str(name.nodes), name.title) for name in names)]))
    else:
        run.say("This store has no trees yet. To add some: rflow tree add FILE, or rflow tree add --examples")


@app.command()
def show(
    run: App,
    tree: Name,
    format_: Annotated[
        Literal["drawing", "toml", "yaml", "json"], Option("-f", "--format", help="How to show it.")
    ] = "drawing",
    json: Json = False,
) -> None:
    """Draw a tree in the terminal, or print it as a tree file."""
    from rflow.cli.display.tree import drawn

    wanted = named_tree(run.workspace, tree)
    if json:
        from rflow.trees.writing import document_of

        run.out_json(document_of(wanted))
        return
    if format_ != "drawing":
        from rflow.trees.writing import write_tree

        echo(write_tree(wanted, format_), newline=False)
        return
    session = run.current_session()
    here = session if session and session.tree and session.tree.id == wanted.id else None
    run.out(drawn(wanted, here))


@app.command()
def graph(
    run: App,
    tree: Annotated[str, Argument(metavar="[TREE]", help="See `rflow tree list`.", autocompletion=trees)] = "",
    format_: Annotated[
        Literal["text", "mermaid", "dot", "svg"] | None,
        Option("-f", "--format", help="text, unless -o says otherwise (.svg, .mmd, .dot)."),
    ] = None,
    output: Annotated[str | None, Option("-o", "--output", metavar="FILE", help="Write to a file.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Draw a tree as a picture or a chart.

    With --session, or without TREE, the session's path, its position, and what is ruled out or only assumed are
    marked.
    """
    from rflow.cli.display.graph import drawing, format_for

    session = run.session() if run.session_reference or not tree else None
    confirm_overwrite(run, output, overwrite=overwrite)
    text = drawing(run, named_tree(run.workspace, tree) if tree else None, session, format_for(format_, output))
    if output:
        write_output(output, unstyled(text).encode())
    else:
        echo(text, newline=False)


@app.command()
def check(run: App, files: Files = None, json: Json = False) -> None:
    """Check tree files, and list all their problems at once.

    The exit code is 6 if there are errors. The JSON has file, line, column, severity, node, message and remedy.
    """
    from rflow.trees.files import as_fields, describe, read_tree

    reads = [read_tree(path) for path in _named(files, "rflow tree check FILE")]
    if json:
        run.out_json([as_fields(problem) for read in reads for problem in read.problems])
    for read in reads if not json else ():
        for problem in read.problems:
            run.say(describe(problem))
        if read.tree is not None:
            without = "" if read.problems else " and no warnings"
            run.say(f"{read.file}: {len(read.tree.nodes)} nodes, no errors{without}.")
            _list_flags(run, read.tree)
            _suggest_causes(run, read.tree)
    if any(read.errors for read in reads):
        sys.exit(int(Exit.BAD_INPUT))


def _list_flags(run: App, tree: Tree) -> None:
    """List the flags of nodes that have not changed in this file since they were flagged, if there is a store."""
    from rflow.service.trees import tree_version

    flagged: dict[str, Tree | None] = {}
    with suppress(RflowError):
        for flag in run.workspace.flags(tree.id):
            if flag.digest not in flagged:
                flagged[flag.digest] = tree_version(run.workspace, flag.digest)
            version = flagged[flag.digest]
            if version and version.nodes.get(flag.node) == tree.nodes.get(flag.node):
                run.say(
                    f'{tree.id}: node "{flag.node}" was flagged by {flag.by.name}: {one_line(flag.text)}', verbatim=True
                )


def _suggest_causes(run: App, tree: Tree) -> None:
    """Suggest adding a cause to each end that says only what to do."""
    missing = ends_without_cause(tree)
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        run.say(f"Say what it was at {', '.join(missing[:3])}{more}, so that summaries can rule it out:")
        run.say('  cause = "The memory limit is too low"')


@app.command()
def add(
    run: App,
    files: Files = None,
    examples: Annotated[bool, Option("--examples", help="Add the trees that come with rflow.")] = False,
    space: Annotated[str, Option(metavar="NAME", help="The space to add them to: see `rflow space list`.")] = "",
) -> None:
    """Check tree files and add them to this store.

    A newer version replaces the older one; sessions keep the version they started in. On a server, a tree from
    somebody who is not a lead is proposed to the leads.
    """
    from rflow.cli.trees.importing import PROPOSED, say_start
    from rflow.data import data_dir
    from rflow.trees.files import describe, read_tree

    where = space_named(run.workspace, run.text(space)).id if space else DEFAULT_SPACE
    given = sorted((data_dir("examples") / "trees").glob("*.toml")) if examples else []
    startable: list[str] = []
    for path in given or _named(files, "rflow tree add FILE, or rflow tree add --examples"):
        read = read_tree(path)
        tree = read.require()
        for warning in read.warnings:
            run.say(describe(warning))
        what = add_tree(run.workspace, tree, where)
        run.say(f"{tree.id}: {PROPOSED if what == 'proposed' else what} ({len(tree.nodes)} nodes).")
        startable += [tree.id] if what != "proposed" else []
    say_start(run, startable, where)


@app.command()
def remove(run: App, tree: Name, space: shared_trees.Space = "") -> None:
    """Remove a tree from the list.

    Sessions in it keep their version.
    """
    where = space_named(run.workspace, run.text(space)).id if space else DEFAULT_SPACE
    run.say(f"{remove_tree(run.workspace, tree, where).id}: removed from the list.")


def _named(files: list[Path] | None, usual: str) -> list[Path]:
    if not files:
        raise UsageProblem("No file was named.", try_=usual)
    return files


app.commands |= making_trees.app.commands | shared_trees.app.commands
