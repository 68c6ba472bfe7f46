"""Settings: flag, then environment, then file, then default; each knows where its value came from."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from rflow.errors import BadInput, UsageProblem

Origin = Literal["flag", "environment", "file", "default"]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be set: its name in the file, its environment variable, and what it means."""

    name: str
    variable: str
    meaning: str
    many: bool = False


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(name="store", variable="RFLOW_STORE", meaning="where sessions live: a URL, a .db file or a folder"),
        Setting(name="user.name", variable="RFLOW_USER", meaning="who you are in records and handoffs"),
        Setting(name="progress.format", variable="RFLOW_FORMAT", meaning="the format of summaries unless -f names one"),
        Setting(
            name="redact.patterns",
            variable="RFLOW_REDACT_PATTERNS",
            meaning='your own secrets, as regular expressions (a group named "secret" hides only that)',
            many=True,
        ),
        Setting(
            name="clipboard.command",
            variable="RFLOW_CLIPBOARD_CMD",
            meaning="a command that takes the summary on its standard input, instead of the clipboard",
        ),
    )
}


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A setting's value and where it came from."""

    value: str | tuple[str, ...]
    origin: Origin

    @property
    def text(self) -> str:
        """The value of a single setting."""
        assert isinstance(self.value, str)
        return self.value

    @property
    def texts(self) -> tuple[str, ...]:
        """The values of a setting that takes many."""
        return self.value if isinstance(self.value, tuple) else (self.value,) if self.value else ()


class Folders(msgspec.Struct, frozen=True, kw_only=True):
    """Where things live for this user, as the platform wants it."""

    config_file: Path
    data: Path
    state: Path
    cache: Path


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one run."""

    values: dict[str, Value]
    folders: Folders

    def __getitem__(self, name: str) -> Value:
        return self.values[name]


def folders(config: str | None = None, environ: Mapping[str, str] = os.environ) -> Folders:
    """Find the folders of this user; `config` (or RFLOW_CONFIG) names another configuration file."""
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("rflow", appauthor=False)
    named = config or environ.get("RFLOW_CONFIG")
    return Folders(
        config_file=Path(named).expanduser() if named else Path(dirs.user_config_dir) / "config.toml",
        data=Path(dirs.user_data_dir),
        state=Path(dirs.user_state_dir),
        cache=Path(dirs.user_cache_dir),
    )


def load_settings(flags: Mapping[str, str | None], where: Folders, environ: Mapping[str, str] = os.environ) -> Settings:
    """Put the settings together; `flags` are those given on the command line, by setting name."""
    in_file = read_config(where.config_file)
    values = {name: _value(setting, flags, environ, in_file, where) for name, setting in SETTINGS.items()}
    return Settings(values=values, folders=where)


def _value(
    setting: Setting,
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    in_file: Mapping[str, str | tuple[str, ...]],
    where: Folders,
) -> Value:
    flag = flags.get(setting.name)
    if flag:
        return Value(value=flag, origin="flag")
    variable = environ.get(setting.variable)
    if variable:
        return Value(value=tuple(variable.split("\n")) if setting.many else variable, origin="environment")
    found = in_file.get(setting.name)
    if isinstance(found, tuple) and not setting.many:
        raise BadInput(f"In {where.config_file}, {setting.name} is a list; it takes one text.", try_="Mend it by hand.")
    if found:
        return Value(value=found, origin="file")
    return Value(value=_default(setting.name, where, environ), origin="default")


def _default(name: str, where: Folders, environ: Mapping[str, str]) -> str | tuple[str, ...]:
    match name:
        case "store":
            return f"sqlite:///{(where.data / 'rflow.db').as_posix()}"
        case "user.name":
            return _login(environ)
        case "progress.format":
            return "markdown"
        case "redact.patterns":
            return ()
        case _:
            return ""


def _login(environ: Mapping[str, str]) -> str:
    """Name the login: the variables that `getpass.getuser` reads, then the password database."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if environ.get(variable):
            return environ[variable]
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user id: a container (Python 3.13 raises OSError throughout)
        return "someone"


def read_config(path: Path) -> dict[str, str | tuple[str, ...]]:
    """Read the configuration file into values by dotted name; a missing file holds none."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(f"The configuration {path} can't be read: {reason}.", try_="Mend or remove it.") from error
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"The configuration {path} is not TOML: {error}.", try_="Mend or remove it.") from error
    return _flat(document, path)


def _flat(document: Mapping[str, object], path: Path, prefix: str = "") -> dict[str, str | tuple[str, ...]]:
    found: dict[str, str | tuple[str, ...]] = {}
    for key, value in document.items():
        name = prefix + key
        if isinstance(value, dict):
            found |= _flat(value, path, name + ".")
        elif isinstance(value, str):
            found[name] = value
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            found[name] = tuple(value)
        else:
            raise BadInput(f"In {path}, {name} is neither a text nor a list of texts.", try_="Put it in quotes.")
    return found


def setting_named(name: str) -> Setting:
    """Find a setting; raise `UsageProblem` with the nearest name where there is none."""
    if name in SETTINGS:
        return SETTINGS[name]
    from difflib import get_close_matches

    close = get_close_matches(name, SETTINGS, n=1)
    hint = f'Did you mean "{close[0]}"?' if close else f"Known: {', '.join(SETTINGS)}."
    raise UsageProblem(f'There is no setting "{name}".', try_=hint)


def write_setting(path: Path, name: str, values: tuple[str, ...]) -> None:
    """Set `name` in the configuration file, or take it out where `values` is empty. What is unknown there stays."""
    import tomllib

    import tomli_w

    setting = setting_named(name)
    read_config(path)  # a file that can't be read is not overwritten
    document: dict[str, object] = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    *tables, key = name.split(".")
    table = document
    for part in tables:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            raise BadInput(f"In {path}, {part} is not a table.", try_="Mend it by hand.")
        table = inner
    if values:
        table[key] = list(values) if setting.many else values[0]
    else:
        table.pop(key, None)
    try:
        replace_file(path.resolve(), tomli_w.dumps(document).encode())  # a link to it (dotfiles) stays one
    except OSError as error:
        raise BadInput(
            f"The configuration {path} can't be written: {error.strerror}.",
            try_="Name another one: rflow --config FILE config set …",
        ) from error


def replace_file(path: Path, data: bytes) -> None:
    """Write a private file whole or not at all: it is made with mode 0600 beside `path` and renamed over it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
