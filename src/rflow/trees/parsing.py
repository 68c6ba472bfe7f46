"""Parsing TOML, JSON and YAML text to plain dicts and lists, with the line of each key."""

import json
import re
import tomllib
from collections.abc import Callable

from rflow.trees.lines import LimitExceeded, json_key_lines, toml_key_lines
from rflow.trees.parsed import Parsed, ParseError, repeated_key_problems
from rflow.trees.yaml_reader import parse_yaml

_TOML_LINE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")
_TOML_REMEDY = "Put texts and labels in quotes; write each [header] and key only once."
_JSON_REMEDY = "JSON needs double quotes, no comma after the last entry, and no comments."


def parse_toml(text: str) -> Parsed:
    """Parse TOML; fractions stay texts, so that `label = 8.10` is "8.10"."""
    keys = toml_key_lines(text)  # first: it refuses deep nesting, for which tomllib takes quadratic time
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
    """Parse JSON; numbers stay texts. A repeated key is a problem."""
    try:
        document = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        what = f"This is not valid JSON (column {error.colno}): {error.msg}."
        raise ParseError(what, error.lineno, _JSON_REMEDY, error.colno) from error
    except RecursionError:
        document = None  # the scan reports the line
    keys = json_key_lines(text)
    return Parsed(document=document, lines=keys.lines, problems=repeated_key_problems(keys))


PARSERS: dict[str, Callable[[str], Parsed]] = {
    ".toml": parse_toml,
    ".yaml": parse_yaml,
    ".yml": parse_yaml,
    ".json": parse_json,
}
"""The parsers of tree files, by file suffix."""


def parse(text: str, suffix: str) -> Parsed:
    """Parse `text` as the format of `suffix` (a key of `PARSERS`); raise `ParseError`."""
    try:
        return PARSERS[suffix](text)
    except LimitExceeded as error:
        raise ParseError(str(error), error.line, "Is it the right file? Trees don't need that.") from error
