"""Reading TOML, JSON and YAML text as a loose document, with the line of each of its keys."""

import json
import re
import tomllib
from collections.abc import Callable

from rflow.trees.lines import LimitExceeded, json_key_lines, toml_key_lines
from rflow.trees.parsed import Parsed, ParseError, repeated
from rflow.trees.yaml_reader import parse_yaml

_TOML_LINE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")
_TOML_REMEDY = "Put texts and labels in quotes; write each [header] and key only once."
_JSON_REMEDY = "JSON needs double quotes, no comma after the last entry, and no comments."


def parse_toml(text: str) -> Parsed:
    """Parse TOML; fractions stay as they are written, so that `label = 8.10` is "8.10"."""
    keys = toml_key_lines(text)  # first: it keeps deep nesting from tomllib, whose time grows with its square
    try:
        document = tomllib.loads(text, parse_float=str)
    except ValueError as error:
        raise _bad_toml(str(error), text) from error
    return Parsed(document=document, lines=keys.lines)


def _bad_toml(message: str, text: str) -> ParseError:
    match = _TOML_LINE.search(message)
    line = int(match[1]) if match and match[1] else text.count("\n") + 1
    column = int(match[2]) if match and match[2] else None
    return ParseError(f"This is not valid TOML: {_TOML_LINE.sub('', message)}.", line, _TOML_REMEDY, column)


def parse_json(text: str) -> Parsed:
    """Parse JSON; numbers stay as they are written. A repeated key is a problem."""
    try:
        document = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        what = f"This is not valid JSON (column {error.colno}): {error.msg}."
        raise ParseError(what, error.lineno, _JSON_REMEDY, error.colno) from error
    except RecursionError:
        document = None  # the scan reports the line
    keys = json_key_lines(text)
    return Parsed(document=document, lines=keys.lines, problems=repeated(keys))


PARSERS: dict[str, Callable[[str], Parsed]] = {
    ".toml": parse_toml,
    ".yaml": parse_yaml,
    ".yml": parse_yaml,
    ".json": parse_json,
}
"""The formats of tree files, by the end of the file's name."""


def parse(text: str, suffix: str) -> Parsed:
    """Parse `text` as the format of `suffix` (a key of `PARSERS`); raise `ParseError`."""
    try:
        return PARSERS[suffix](text)
    except LimitExceeded as error:
        raise ParseError(str(error), error.line, "Is it the right file? Trees don't need that.") from error
