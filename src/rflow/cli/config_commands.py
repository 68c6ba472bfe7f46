"""Commands for the configuration: config list, get, set, path."""

from typing import Annotated

import typer

from rflow.cli.app import App
from rflow.cli.completion import settings
from rflow.cli.options import Json
from rflow.settings import SETTINGS, Value, setting_named, write_setting

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Settings and where they come from: list, get, set, path."
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="See `rflow config list`.", autocompletion=settings)]


@app.command(name="list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List all settings, with their values and where those come from."""
    from rflow.cli.views import wrapped

    run = App.of(context)
    if json:
        values = run.settings.values.items()
        run.out_json([{"name": name, "value": value.value, "origin": value.origin} for name, value in values])
        return
    for name, setting in SETTINGS.items():
        value = run.settings[name]
        run.out(f"{name} = {_shown(value) or '(not set)'}  [{value.origin}]")
        run.out(wrapped(f"{setting.meaning} ({setting.variable})", "    ", "    "))


@app.command()
def get(context: typer.Context, name: Name) -> None:
    """Print the value of a setting."""
    setting_named(name)
    App.of(context).out(_shown(App.of(context).settings[name]))


@app.command(name="set")
def set_(
    context: typer.Context,
    name: Name,
    values: Annotated[list[str] | None, typer.Argument(metavar="VALUE...", help="None takes the setting out.")] = None,
) -> None:
    """Set a setting in the configuration file."""
    run = App.of(context)
    setting = setting_named(name)
    given = tuple(run.text(value) for value in values or () if value)
    if not setting.many and len(given) > 1:
        given = (" ".join(given),)
    if name == "redact.patterns":
        from rflow.core.redaction import Redactor

        Redactor(given)
    if name == "store" and given:
        from rflow.stores import normal_url

        given = (normal_url(given[0]),)  # a relative path would be another store in every folder
    if name == "progress.format" and given:
        from rflow.formats import format_named

        format_named(given[0])
    path = run.settings.folders.config_file
    write_setting(path, name, given)
    run.say(f"{name} {'set' if given else 'taken out'} in {path}.")
    origin = run.settings[name].origin
    if origin in ("flag", "environment"):
        run.say(f"Note: the {origin} says otherwise now, and goes before the file.")


@app.command()
def path(context: typer.Context) -> None:
    """Print where the configuration file is."""
    run = App.of(context)
    run.out(str(run.settings.folders.config_file))


def _shown(value: Value) -> str:
    return "\n".join(value.texts)
