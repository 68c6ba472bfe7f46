"""The configuration file: TOML, read as values by dotted name, and replaced in a single step."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rflow.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path


def read_config(path: str) -> dict[str, str | tuple[str, ...]]:
    """Return the values of the configuration file by dotted name; none if it is missing."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(f"The configuration {path} can't be read: {reason}.", try_="Fix or remove it.") from error
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"The configuration {path} is not valid TOML: {error}.", try_="Fix or remove it.") from error
    return _flat(document, path)


def _flat(document: Mapping[str, object], path: str, prefix: str = "") -> dict[str, str | tuple[str, ...]]:
    values: dict[str, str | tuple[str, ...]] = {}
    for key, value in document.items():
        name = prefix + key
        if isinstance(value, dict):
            values |= _flat(value, path, name + ".")
        elif isinstance(value, str):
            values[name] = value
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            values[name] = tuple(value)
        else:
            raise BadInput(f"In {path}, {name} is neither a text nor a list of texts.", try_="Put it in quotes.")
    return values


def write_config(path: "Path", name: str, value: str | list[str] | None) -> None:
    """Set `name` in the configuration file, or remove it if `value` is None. Other content of the file stays."""
    import tomllib

    import tomli_w

    from rflow.whole_files import write_own_file

    read_config(str(path))  # a file that can't be read is not overwritten
    document: dict[str, object] = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    *tables, key = name.split(".")
    table = document
    for part in tables:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            raise BadInput(f"In {path}, {part} is not a table.", try_="Fix it in an editor.")
        table = inner
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value
    try:
        write_own_file(path, tomli_w.dumps(document).encode(), durable=True)
    except OSError as error:
        raise BadInput(
            f"The configuration {path} can't be written: {error.strerror}.",
            try_="Use another file: rflow --config FILE config set …",
        ) from error
