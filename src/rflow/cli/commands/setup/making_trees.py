"""Commands that create and compare trees: tree import, new, edit, diff."""

from pathlib import Path
from typing import Annotated, Literal

from rflow.cli.app import App
from rflow.cli.parsing.completion import trees
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.tree.model import Tree
from rflow.errors import UsageProblem
from rflow.service.sessions import space_named
from rflow.service.trees import named_tree, tree_version

app = Group()


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
    space: Annotated[str, Option(metavar="NAME", help="The space to add it to: see `rflow space list`.")] = "",
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
    title: Annotated[str, Option("--title", metavar="TEXT", help="What the tree is for, in a line.")] = "",
    output: Annotated[str, Option("-o", "--output", metavar="FILE", help="The file to write; else ID.toml here.")] = "",
) -> None:
    """Write a tree file to start from, with comments in it."""
    from rflow.cli.trees.template import write_template

    file = write_template(_tree_id(tree), run.text(title), output)
    run.say(f"Written: {file}. Edit it, then: rflow tree check {file} and rflow tree add {file}")


def _tree_id(text: str) -> str:
    from rflow.core.tree.document import is_tree_id

    if not is_tree_id(text):
        remedy = "Use small letters, digits, dots, hyphens and underscores."
        raise UsageProblem(f"\"{text}\" can't be a tree's id.", try_=remedy)
    return text


@app.command()
def edit(
    run: App,
    tree: Annotated[str, Argument(metavar="TREE", help="See `rflow tree list`.", autocompletion=trees)],
    space: Annotated[str, Option(metavar="NAME", help="The space that has it: see `rflow space list`.")] = "",
) -> None:
    """Edit a tree in $EDITOR.

    It is checked when you save, and a draft with errors is kept."""
    from rflow.cli.trees.editing import edit_tree

    where = space_named(run.workspace, run.text(space)).id if space else DEFAULT_SPACE
    edit_tree(run, named_tree(run.workspace, tree, where), where)


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
    """Return the tree in a file of that name, else the version with that digest, else the tree with that id."""
    from rflow.trees.files import load_tree

    path = Path(name)
    if path.suffix or "/" in name:
        return load_tree(path) if path.exists() or "/" in name else named_tree(run.workspace, name)
    version = tree_version(run.workspace, name) if len(name) == 64 else None
    return version or named_tree(run.workspace, name)
