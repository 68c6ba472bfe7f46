"""Reading TOML, JSON and YAML text as a loose document, together with the line of each of its places."""

import json
import re
import tomllib
from collections.abc import Callable

from rflow.trees.lines import TooMuch, json_places, toml_places
from rflow.trees.parsed import Malformed, Parsed, repeated
from rflow.trees.yaml_reader import parse_yaml

_TOML_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_TOML_REMEDY = "Texts and labels stand in quotes, a [header] or a key only once."
_JSON_REMEDY = "JSON wants double quotes, no comma behind the last entry, no comments."


def parse_toml(text: str) -> Parsed:
    """Parse TOML; fractions stay as they are written, so that `label = 8.10` is "8.10"."""
    places = toml_places(text)  # first: it keeps nesting from tomllib, whose time grows with its square
    try:
        document = tomllib.loads(text, parse_float=str)
    except ValueError as error:
        raise _bad_toml(str(error), text) from error
    return Parsed(document=document, lines=places.lines)


def _bad_toml(said: str, text: str) -> Malformed:
    found = _TOML_LINE.search(said)
    line = int(found[1]) if found and found[1] else text.count("\n") + 1
    return Malformed(f"This is not valid TOML: {_TOML_LINE.sub('', said)}.", line, _TOML_REMEDY)


def parse_json(text: str) -> Parsed:
    """Parse JSON; numbers stay as they are written. A key that is there twice is a problem."""
    try:
        document = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        what = f"This is not valid JSON (column {error.colno}): {error.msg}."
        raise Malformed(what, error.lineno, _JSON_REMEDY) from error
    except RecursionError:
        document = None  # the scan says where
    places = json_places(text)
    return Parsed(document=document, lines=places.lines, problems=repeated(places))


PARSERS: dict[str, Callable[[str], Parsed]] = {
    ".toml": parse_toml,
    ".yaml": parse_yaml,
    ".yml": parse_yaml,
    ".json": parse_json,
}
"""The formats of tree files, by the end of the file's name."""


def parse(text: str, suffix: str) -> Parsed:
    """Parse `text` as the format of `suffix` (a key of `PARSERS`); raise `Malformed`."""
    try:
        return PARSERS[suffix](text)
    except TooMuch as error:
        raise Malformed(str(error), error.line, "A tree file needs no such thing: is it the right file?") from error
