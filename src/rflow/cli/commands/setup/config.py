"""Commands for the configuration: config list, get, set, unset, path."""

from collections.abc import Callable, Sequence
from typing import Annotated

from rflow.cli.app import App
from rflow.cli.parsing.completion import settings
from rflow.cli.parsing.declare import Argument, Group
from rflow.cli.parsing.options import Json
from rflow.core.text import listing
from rflow.errors import UsageProblem
from rflow.settings import SETTINGS, TARGET_SETTINGS, Setting, Value, setting_named, write_setting

app = Group(help="Settings and where they come from: list, get, set, unset, path.")
_FORMAT = "progress.format"
Name = Annotated[str, Argument(metavar="NAME", help="See `rflow config list`.", autocompletion=settings)]


@app.command("list")
def list_(run: App, json: Json = False) -> None:
    """List all settings, with their values and where those come from. Secrets are masked."""
    from rflow.cli.display.text import wrapped

    values = run.settings.values
    if json:
        rows = [(name, _masked(value) or value.value, value.origin) for name, value in values.items()]
        run.out_json([dict(zip(("name", "value", "origin"), row, strict=True)) for row in rows])
        return
    listed = [setting_named(name) for name in values]
    for setting in listed if len(listed) > len(SETTINGS) else [*listed, *TARGET_SETTINGS.values()]:
        value = run.settings[setting.name]
        run.out(f"{setting.name} = {_shown(value) or '(not set)'}  [{value.origin}]")
        run.out(wrapped(f"{setting.meaning} ({setting.variable})", "    ", "    "))


@app.command()
def get(run: App, name: Name) -> None:
    """Print the value of a setting. A secret is masked."""
    run.out(_shown(run.settings[setting_named(name).name]))


@app.command("set")
def set_(
    run: App,
    name: Name,
    values: Annotated[
        list[str] | None,
        Argument(metavar="VALUE...", help="Its value; a secret is asked for, or piped in (-)."),
    ] = None,
) -> None:
    """Set a setting in the configuration file."""
    setting = setting_named(name)
    given = _checked(run, setting, _given(run, setting, values or ()))
    if not given:
        raise _no_value(run, setting)
    _write(run, setting, given)
    if setting.name.startswith("targets."):
        _say_next_step(run, setting, given[0])


@app.command()
def unset(run: App, name: Name) -> None:
    """Remove a setting from the configuration file."""
    _write(run, setting_named(name), ())


def _write(run: App, setting: Setting, given: tuple[str, ...]) -> None:
    """Write a setting to the configuration file, or remove it, and report that."""
    path = run.settings.folders.config_file
    write_setting(path, setting.name, given)
    run.say(f"{setting.name} {'set' if given else 'removed'} in {path}.")
    origin = run.settings[setting.name].origin
    if origin in ("flag", "environment"):
        run.say(f"Note: for now the {origin} overrides the file.")


def _no_value(run: App, setting: Setting) -> UsageProblem:
    """Return the error for a setting without a value, with the possible values if they are known."""
    from rflow.cli.custom_formats import listed

    formats = [(each.name, each.description) for each in listed(run.settings.folders)]
    return UsageProblem(
        listing(f"{setting.name} needs a value: {setting.meaning}.", formats if setting.name == _FORMAT else []),
        try_=f"rflow config set {setting.name} VALUE; to remove it: rflow config unset {setting.name}",
    )


@app.command()
def path(run: App) -> None:
    """Print the path of the configuration file."""
    run.out(str(run.settings.folders.config_file))


def _shown(value: Value) -> str:
    return _masked(value) or "\n".join(value.texts)


def _masked(value: Value) -> str:
    """Return a secret with most of it masked, a store's URL without its password; "" for anything else."""
    from rflow.delivery.webhooks.targets import redact_url
    from rflow.service.opening import public_url

    if value.secret and value.value:
        return redact_url(value.text)
    return public_url(value.value) if isinstance(value.value, str) and "://" in value.value else ""


def _given(run: App, setting: Setting, values: Sequence[str]) -> tuple[str, ...]:
    """Return the values given on the command line."""
    if setting.secret:
        from rflow.cli.delivering.webhook_settings import read_secret

        values = [read_secret(run, setting, values)]
    given = tuple(run.text(value) for value in values if value)
    return (" ".join(given),) if len(given) > 1 and not setting.many else given


def _checked(run: App, setting: Setting, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values to write to the file; raise an error for invalid ones."""
    if setting.name in _CHECKS:
        return _CHECKS[setting.name](given) if given else given
    if setting.name.startswith("targets.") and given:
        from rflow.cli.delivering.webhook_settings import check_target_setting

        check_target_setting(setting, given[0])
    if setting.name == _FORMAT and given:
        return (run.format(given[0]).name,)
    return given


def _patterns(given: tuple[str, ...]) -> tuple[str, ...]:
    from rflow.core.redaction import Redactor

    Redactor(given)
    return given


def _store(given: tuple[str, ...]) -> tuple[str, ...]:
    """Make the store's path absolute."""
    from rflow.service.opening import absolute_url

    return (absolute_url(given[0]),)


def _timeout(given: tuple[str, ...]) -> tuple[str, ...]:
    from rflow.cli.delivering.posting import timeout_seconds

    timeout_seconds(given[0])
    return given


def _base_url(given: tuple[str, ...]) -> tuple[str, ...]:
    from rflow.cli.parsing.web_address import base_url

    return (base_url(given[0], "share.base_url"),)


def _span(given: tuple[str, ...]) -> tuple[str, ...]:
    from rflow.cli.delivering.notice_settings import span_setting

    span_setting(given[0])
    return given


def _security(given: tuple[str, ...]) -> tuple[str, ...]:
    from rflow.delivery.mail import checked_security

    return (checked_security(given[0]),)


_CHECKS: dict[str, Callable[[tuple[str, ...]], tuple[str, ...]]] = {
    "redact.patterns": _patterns,
    "store": _store,
    "post.timeout": _timeout,
    "share.base_url": _base_url,
    "notices.remind_after": _span,
    "notices.handoff_life": _span,
    "mail.security": _security,
}


def _say_next_step(run: App, setting: Setting, value: str) -> None:
    from rflow.cli.delivering.webhook_settings import next_step

    _, name, field = setting.name.split(".")
    known = {each: run.settings[f"targets.{name}.{each}"].text for each in ("kind", "url")} | {field: value}
    run.say(next_step(name, known["kind"], known["url"]))
