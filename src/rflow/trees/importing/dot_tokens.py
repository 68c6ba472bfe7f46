"""Tokens of Graphviz DOT (https://graphviz.org/doc/info/lang.html): ids, strings, arrows and punctuation."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from rflow.trees.importing.chart import Lines
from rflow.trees.parsed import ParseError

_SPACE = re.compile(r"(?:\s++|//[^\n]*+|^\#[^\n]*+)++", re.MULTILINE)
_WORD = re.compile(r"-?(?:\.[0-9]++|[0-9]++(?:\.[0-9]*+)?)|[^\W\d]\w*+|[\u0080-\U0010ffff]++", re.ASCII)
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_TAG = re.compile(r"<[^<>]*+>")
_LINE_TAG = re.compile(r"<\s*+(?:br|/tr|/table)\b[^<>]*+>", re.IGNORECASE)


class Token(NamedTuple):
    """A token: `kind` is "id" for words and strings, else the punctuation itself, or "" at the end."""

    kind: str
    text: str
    line: int
    quoted: bool = False


def tokenize(text: str, lines: Lines) -> Iterator[Token]:
    """Yield the tokens of a DOT text; raise `ParseError` for a string or comment that is never closed."""
    position = 0
    while True:
        position = _skip_space(text, position, lines)
        if position >= len(text):
            return
        token, position = _token(text, position, lines.at(position))
        yield token


def _skip_space(text: str, position: int, lines: Lines) -> int:
    while True:
        space = _SPACE.match(text, position)
        position = space.end() if space else position
        if not text.startswith("/*", position):
            return position
        end = text.find("*/", position + 2)
        if end < 0:
            raise ParseError('The comment that opens with "/*" is never closed.', lines.at(position), "Close it.")
        position = end + 2


def _token(text: str, position: int, line: int) -> tuple[Token, int]:
    if text.startswith(("->", "--"), position):
        return Token("->", "->", line), position + 2
    character = text[position]
    if character == '"':
        match = _TEXT.match(text, position)
        if match is None:
            raise ParseError("The text in quotes that begins here is never closed.", line, 'Close it with ".')
        return Token("id", match[1].replace('\\"', '"').replace("\\\n", ""), line, quoted=True), match.end()
    if character == "<":
        return _html(text, position, line)
    if word := _WORD.match(text, position):
        return Token("id", word[0], line), word.end()
    return Token(character, character, line), position + 1


def _html(text: str, position: int, line: int) -> tuple[Token, int]:
    """Read an HTML string, up to the matching ">", as plain text."""
    depth = 0
    for match in re.compile(r"[<>]").finditer(text, position):
        depth += 1 if match[0] == "<" else -1
        if depth == 0:
            inside = _LINE_TAG.sub("\n", text[position + 1 : match.start()])
            plain = html.unescape(_TAG.sub("", inside)).replace("\\", "\\\\")
            return Token("id", "\n".join(part.strip() for part in plain.split("\n")), line, quoted=True), match.end()
    raise ParseError('The HTML that opens with "<" is never closed.', line, 'Close it with ">".')
