"""The command `hints`: what earlier sessions answered at the current question."""

from rflow.cli.app import App
from rflow.cli.parsing.declare import Group
from rflow.cli.parsing.options import Json

app = Group()


@app.command()
def hints(run: App, json: Json = False) -> None:
    """Show what earlier sessions answered at this question, and how they ended.

    Counts, not advice: with fewer than five sessions it says so. Only sessions of the same space are counted.
    """
    from rflow.cli.trees.learning import hints_text

    found = run.workspace.hints(run.session().id)
    if json:
        run.out_json(found)
    else:
        run.out(hints_text(found))
