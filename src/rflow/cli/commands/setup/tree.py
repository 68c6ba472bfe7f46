"""Commands for trees: tree list, show, graph, import, new, check, add, diff, remove."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from rflow.cli.app import App
from rflow.cli.output import echo
from rflow.cli.parsing.completion import trees
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.cli.sources import write_output
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.tree.model import Tree
from rflow.core.tree.problems import ends_without_cause
from rflow.errors import Exit, UsageProblem
from rflow.service.sessions import space_named
from rflow.service.trees import add_tree, named_tree, remove_tree, tree_version

app = Group(help="Trees: list, show, graph, import, new, check, add, diff, remove.")
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
    session = run.here()
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
) -> None:
    """Draw a tree as a picture or a chart.

    With --session, or without TREE, the session's path, its position, and what is ruled out or only assumed are
    marked.
    """
    from rflow.cli.display.graph import drawing, format_for

    session = run.session() if run.session_reference or not tree else None
    text = drawing(run, named_tree(run.workspace, tree) if tree else None, session, format_for(format_, output))
    if output:
        write_output(output, text.encode())
    else:
        echo(text, newline=False)


@app.command("import")
def import_(
    run: App,
    source: Annotated[str, Argument(metavar="FILE|-|FOLDER", help="A chart, a runbook, or a folder with some.")],
    form: Annotated[
        Literal["mermaid", "markdown", "dot", "yaml"] | None, Option("--from", help="What it is, if that is not clear.")
    ] = None,
    name: Annotated[str, Option("--name", metavar="ID", help="The tree's id; else the name of the file.")] = "",
    dry_run: Annotated[bool, Option("--dry-run", help="Only show what it would become.")] = False,
    output: Annotated[str, Option("-o", "--output", metavar="FILE", help="The tree file; else ID.toml here.")] = "",
    space: Annotated[str, Option(metavar="NAME", help="The space that gets it: see `rflow space list`.")] = "",
    json: Json = False,
) -> None:
    """Make trees of flowcharts, runbooks, and other tools' trees.

    Reads Mermaid (also inside Markdown, HTML and reST), numbered steps in Markdown, Graphviz DOT, YAML and JSON.
    Imported again, a chart becomes a new version, which keeps what you added to its nodes.
    """
    from rflow.cli.trees.importing import Options, import_trees

    where = space_named(run.workspace, run.text(space)).id if space else DEFAULT_SPACE
    import_trees(run, source, Options(form or "", _tree_id(name) if name else "", dry_run, json, output, where))


@app.command()
def new(
    run: App,
    tree: Annotated[str, Argument(metavar="ID", help="The tree's id, such as vpn-809.")],
    title: Annotated[str, Option("--title", help="What the tree is for, in a line.")] = "",
    output: Annotated[str, Option("-o", "--output", metavar="FILE", help="The file to write; else ID.toml here.")] = "",
) -> None:
    """Write a tree file to start from, with comments that say what goes where."""
    from rflow.cli.trees.template import write_template

    file = write_template(_tree_id(tree), run.text(title), output)
    run.say(f"Written: {file}. Edit it, then: {run.program} tree check {file} and {run.program} tree add {file}")


def _tree_id(text: str) -> str:
    from rflow.core.tree.document import is_tree_id

    if not is_tree_id(text):
        remedy = "Use small letters, digits, dots, hyphens and underscores."
        raise UsageProblem(f"\"{text}\" can't be a tree's id.", try_=remedy)
    return text


@app.command()
def check(run: App, files: Files = None, json: Json = False) -> None:
    """Check tree files, and list all their problems at once.

    The exit code is 6 if there are errors. The JSON has file, line, column, severity, node, message and remedy.
    """
    from rflow.trees.files import as_fields, describe, read_tree

    reads = [read_tree(path) for path in _named(files)]
    if json:
        run.out_json([as_fields(problem) for read in reads for problem in read.problems])
    for read in reads if not json else ():
        for problem in read.problems:
            run.say(describe(problem))
        if read.tree is not None:
            without = "" if read.problems else " and no warnings"
            run.say(f"{read.file}: {len(read.tree.nodes)} nodes, no errors{without}.")
            _suggest_causes(run, read.tree)
    if any(read.errors for read in reads):
        sys.exit(int(Exit.BAD_INPUT))


def _suggest_causes(run: App, tree: Tree) -> None:
    """Suggest a cause for each end that says only what to do."""
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
    space: Annotated[str, Option(metavar="NAME", help="The space that gets them: see `rflow space list`.")] = "",
) -> None:
    """Check tree files and add them to this store.

    A newer version replaces the older one; sessions keep the version they started in.
    """
    from rflow.data import data_dir
    from rflow.trees.files import describe, read_tree

    where = space_named(run.workspace, run.text(space)).id if space else DEFAULT_SPACE
    given = sorted((data_dir("examples") / "trees").glob("*.toml")) if examples else []
    for path in given or _named(files):
        read = read_tree(path)
        tree = read.require()
        for warning in read.warnings:
            run.say(describe(warning))
        new = add_tree(run.workspace, tree, where)
        run.say(f"{tree.id}: {'added' if new else 'no change'} ({len(tree.nodes)} nodes).")
    run.say(f"To start: {run.program} start TREE")


@app.command()
def diff(
    run: App,
    old: Annotated[str, Argument(metavar="TREE|FILE", help="A tree, its digest, or a tree file.")],
    new: Annotated[str, Argument(metavar="TREE|FILE", help="The one to compare it with.")],
    json: Json = False,
) -> None:
    """Show what differs between two trees, or two versions of a tree."""
    from rflow.core.tree.changes import changes

    different = changes(_tree_or_file(run, old), _tree_or_file(run, new))
    if json:
        run.out_json(different)
        return
    signs = {"added": "+", "removed": "-", "changed": "~"}
    for change in different:
        run.out(f"{signs[change.kind]} {change.node + ': ' if change.node else ''}{change.text}")
    if not different:
        run.say("No difference.")


def _tree_or_file(run: App, name: str) -> Tree:
    """Return the tree in a file if there is one of that name, else the version with that digest, else the tree."""
    from rflow.trees.files import load_tree

    path = Path(name)
    if path.suffix or "/" in name:
        return load_tree(path) if path.exists() or "/" in name else named_tree(run.workspace, name)
    version = tree_version(run.workspace, name) if len(name) == 64 else None
    return version or named_tree(run.workspace, name)


@app.command()
def remove(run: App, tree: Name) -> None:
    """Remove a tree from the list.

    Sessions in it keep their version.
    """
    run.say(f"{remove_tree(run.workspace, tree).id}: removed from the list.")


def _named(files: list[Path] | None) -> list[Path]:
    if not files:
        raise UsageProblem("No file was named.", try_="rflow tree add FILE, or rflow tree add --examples")
    return files
