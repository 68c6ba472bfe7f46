"""Importing trees: from a file, standard input or a folder to the store and to tree files that the team owns."""

import os
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

import msgspec

from rflow.cli.app import App
from rflow.cli.sources import write_output
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.text import counted, one_line
from rflow.core.tree.changes import Change, changes, with_additions
from rflow.core.tree.model import Tree, digest
from rflow.errors import BadInput, NotFound, UsageProblem
from rflow.service.trees import add_tree, tree_names, tree_version
from rflow.trees.files import MAX_SIZE, decode, read_content, read_tree
from rflow.trees.importing.names import Names
from rflow.trees.importing.sources import Imported, files_in, holds_charts, ids_in, import_text
from rflow.trees.parsed import ParseError
from rflow.trees.writing import document_of, write_tree

PROPOSED = "proposed to the leads of the space (rflow tree proposals)"
MOST_NOTES = 40
MOST_CHANGES = 20
Failure = tuple[str, str]
"""What could not be imported, with its file and line, and the remedy."""


class Options(msgspec.Struct, frozen=True):
    """What was asked for: the reader, the id, whether only to look, JSON, the file to write, and the space."""

    form: str
    name: str
    dry_run: bool
    json: bool
    output: str
    space: str


def import_trees(run: App, source: str, options: Options) -> None:
    """Import everything in a source; show it, add it to the store and write it, unless it is only a try."""
    imported, failures = _read_all(run, source, options)
    if options.output and len(imported) > 1:
        raise UsageProblem("There are several trees, but one output file.", try_="Leave out -o: each gets its own.")
    shown: list[Tree] = []
    startable: list[str] = []
    for each in imported:
        old = _current(run, each.conversion.tree.id, options.space)
        tree = with_additions(each.conversion.tree, old)
        shown.append(tree)
        _show(run, each, tree, options)
        failures += [(f"{each.file}:{each.line}: {error.message}", error.remedy) for error in each.errors]
        if not each.errors and _keep(run, tree, old, options):
            startable.append(tree.id)
    if options.json:
        documents = [document_of(tree) for tree in shown]
        run.out_json(documents[0] if len(documents) == 1 else documents)
    say_start(run, startable, options.space)
    _report(source, imported, failures)


def _report(source: str, imported: list[Imported], failures: list[Failure]) -> None:
    if len(failures) == 1:
        raise BadInput(failures[0][0], try_=failures[0][1])
    if failures:
        what = f"{counted(failures, 'problem')} in {source}: not everything could be imported."
        raise BadInput(
            what,
            try_="Correct the lines named, and import again.",
            problems=tuple(" ".join(failure) for failure in failures),
        )
    if not imported:
        raise NotFound(f"There are no flowcharts in {source}.", try_="Runbooks need --from markdown.")


def _read_all(run: App, source: str, options: Options) -> tuple[list[Imported], list[Failure]]:
    """Return what could be read of a source, and for each file that could not be, why."""
    folder = Path(source) if source != "-" and os.path.isdir(source) else None  # noqa: PTH112
    ids = Names()
    imported: list[Imported] = []
    failures: list[Failure] = []
    try:
        paths = list(files_in(folder, options.form)) if folder else [Path(source)]
        names = ids_in(folder, paths) if folder and not options.name else {}
    except ParseError as error:
        raise BadInput(f"{source}: {error.what}", try_=error.remedy) from error
    for path in paths:
        try:
            text = _text(run, path)
            if folder is None or holds_charts(text, path, options.form):
                imported += import_text(text, str(path), options.form, options.name or names.get(path, ""), ids)
        except ParseError as error:
            place = "standard input" if source == "-" else str(path)
            line = f":{error.line}" if error.line else ""
            failures.append((one_line(f"{place}{line}: {error.what}"), error.remedy))
    return imported, failures


def _text(run: App, path: Path) -> str:
    return decode(run.read_stdin(MAX_SIZE) if str(path) == "-" else read_content(path))


def _current(run: App, tree_id: str, space: str) -> Tree | None:
    """Return the current version of a tree in a space, None if it has none."""
    names = tree_names(run.workspace, space)
    name = next((name for name in names if name.id == tree_id and name.digest), None)
    return tree_version(run.workspace, name.digest) if name else None


def _show(run: App, imported: Imported, tree: Tree, options: Options) -> None:
    """Draw a tree, and list what had to be decided."""
    from rflow.cli.display.tree import drawn

    if not options.json:
        run.out(f"{tree.id}: {tree.title}\n{drawn(tree, None)}")
    notes = imported.conversion.notes
    for note in notes[:MOST_NOTES]:
        run.say(f"{imported.file}:{note.line}: {note.text}")
    if len(notes) > MOST_NOTES:
        run.say(f"… and {len(notes) - MOST_NOTES} more.")


def _keep(run: App, tree: Tree, old: Tree | None, options: Options) -> bool:
    """Add a tree to the store, write it as TOML, and say what changed; return whether sessions can start in it now."""
    different = changes(old, tree) if old is not None else []
    say_changes(run, different)
    size = counted(tree.nodes, "node")
    if options.dry_run:
        what = "no change" if old == tree else "it would be a new version" if old else "it would be added"
        run.say(f"{tree.id}: {size}; {what}. To import it, leave out --dry-run.")
        return False
    file = options.output or f"{tree.id}.toml"
    backup = _write(file, tree)
    done = add_tree(run.workspace, tree, options.space, digest(old) if old is not None else None)
    words = {"no change": "no change", "proposed": PROPOSED}
    what = words.get(done) or ("new version; sessions keep theirs" if old else "added")
    run.say(f"{tree.id}: {what} ({size}). Tree file: {file}{f' (before: {backup})' if backup else ''}")
    return done != "proposed"


def say_start(run: App, trees: Sequence[str], space: str) -> None:
    """Say how a session starts in the trees with these ids, which were added to a space; say nothing for none."""
    if trees:
        where = f" --space {quote(space)}" if space != DEFAULT_SPACE else ""
        run.say(f"To start: {run.program} start {trees[0] if len(trees) == 1 else 'TREE'}{where}")


def say_changes(run: App, different: list[Change]) -> None:
    """List what changed."""
    signs = {"added": "+", "removed": "-", "changed": "~"}
    for change in different[:MOST_CHANGES]:
        run.say(f"  {signs[change.kind]} {change.node + ': ' if change.node else ''}{change.text}")
    if len(different) > MOST_CHANGES:
        run.say(f"  … and {len(different) - MOST_CHANGES} more.")


def _write(file: str, tree: Tree) -> str:
    """Write a tree file; one with other content is kept beside it, and its name returned."""
    path = Path(file)
    backup = ""
    # Where it can't be seen whether there is a file, writing says so.
    if os.path.isfile(file) and read_tree(path).tree != tree:  # noqa: PTH113
        backup = f"{file}.bak"
        write_output(backup, path.read_bytes())
    if backup or not os.path.exists(file):  # noqa: PTH110
        write_output(file, write_tree(tree, "toml").encode())
    return backup
