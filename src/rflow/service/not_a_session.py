"""What is wrong with a file that should be a session, in words for people who have never seen one."""

import re
from pathlib import PurePath

import msgspec

from rflow.core.text import shorten
from rflow.errors import BadInput

EXAMPLE = '{"title": "No mail since 9:00", "steps": [{"text": "Restarted Outlook", "result": "no change"}]}'
"""The least that a document of a session can be."""
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object in {}",
    "array": "a list in []",
    "null": "null",
    "datetime": "a date and time with its UTC offset",
}
_TREES = (".toml", ".yaml", ".yml")


def not_a_session(data: bytes, name: str, error: Exception) -> BadInput:
    """Return the error for a document that is none, or not a valid one."""
    if PurePath(name).suffix.lower() in _TREES or is_tree(data):
        return a_tree(name)
    if not data.startswith(b"{"):
        return BadInput(
            f"{name} is not a session.",
            try_=f"A session is a file that rflow export wrote, or JSON such as\n       {EXAMPLE}",
        )
    if isinstance(error, msgspec.ValidationError):
        return BadInput(f"{name} is not a session yet: {_in_words(str(error))}", try_=f"An example:\n       {EXAMPLE}")
    return BadInput(f"{name} is not valid JSON: {_malformed(data, error)}", try_=f"An example:\n       {EXAMPLE}")


def a_tree(name: str) -> BadInput:
    """Return the error for a tree where a session should be."""
    return BadInput(f"{name} looks like a tree, not like a session.", try_=f"To add it: rflow tree add {name}")


def is_tree(data: bytes) -> bool:
    """Whether a document has nodes, as only trees have."""
    if b'"nodes"' not in data:
        return False
    try:
        return "nodes" in msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _in_words(problem: str) -> str:
    """Return a message of msgspec's in plain words."""
    what, _, path = problem.partition(" - at `")
    place = _place(path.rstrip("`"))
    if missing := re.fullmatch(r"Object missing required field `(.*)`", what, re.DOTALL):
        return f'{place}"{missing[1]}" is missing.'
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        return f'{place}"{shorten(unknown[1], 60)}" is an unknown field.'
    if wrong := re.fullmatch(r"Expected `(.*)`, got `(.*)`", what):
        expected = " or ".join(_WORDS.get(each, each) for each in wrong[1].split(" | "))
        return f"{place.rstrip(': ') or 'it'} should be {expected}, not {_WORDS.get(wrong[2], wrong[2])}."
    if "RFC3339" in what or "timezone" in what:
        example = "2026-11-28T09:00:00+01:00"
        return f"{place.rstrip(': ')} should be a date and time with its offset from UTC, such as {example}."
    return f"{place}{what}."


def _place(path: str) -> str:
    """Return the place of a value, such as `steps 2, "text": ` for `$.steps[1].text`."""
    parts = re.findall(r"\.?([^.\[\]$]+)|\[(\d+)\]", path)
    words = [f"entry {int(number) + 1}" if number else name for name, number in parts if number or name != "..."]
    return f"{', '.join(words)}: " if words else ""


def _malformed(data: bytes, error: Exception) -> str:
    """Say where a text stops being JSON."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    if isinstance(error, UnicodeDecodeError) or "UTF-8" in str(error):
        return "it holds characters that are not UTF-8."
    if at := re.search(r"byte (\d+)", str(error)):
        return f"see line {data.count(10, 0, int(at[1])) + 1}."
    return "it ends in the middle."
