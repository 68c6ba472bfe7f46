"""Parsing a command line into words, and quoting words so that no shell evaluates their content."""

import re

import msgspec


class Word(msgspec.Struct):
    """A word of a bash command line: as typed, without its quoting, and the quotation mark that is still open."""

    raw: str = ""
    text: str = ""
    quote: str = ""


def words_of(line: str) -> list[Word]:
    """Parse a bash command line up to the cursor, without evaluating anything; the last word may be empty."""
    words = [Word()]
    escaped = False
    for letter in line:
        word = words[-1]
        if letter.isspace() and not word.quote and not escaped:
            if word.raw:
                words.append(Word())
            continue
        word.raw += letter
        if escaped:
            word.text += letter if not word.quote or letter in '"\\$`' else f"\\{letter}"
            escaped = False
        elif letter == "\\" and word.quote != "'":
            escaped = True
        elif letter == word.quote:
            word.quote = ""
        elif letter in "'\"" and not word.quote:
            word.quote = letter
        else:
            word.text += letter
    return words


def for_bash(text: str, quote: str) -> str:
    """Quote a text for bash after an open `quote`.

    Readline closes that quote after the text, unless the text already ends with one.
    """
    match quote:
        case "'":
            quoted = text.replace("'", "'\\''")
        case '"':  # history is expanded in double quotes, with or without a backslash: `!` stands outside of them
            quoted = re.sub(r'(["\\$`])', r"\\\1", text).replace("!", '"\\!"')
        case _:
            return re.sub(r"[\x00-\x7f]", _escaped, text)
    return quoted + quote if quoted.endswith(quote) else quoted


def _escaped(character: re.Match[str]) -> str:
    return character[0] if re.match(r"[\w@%+=:,./-]", character[0]) else f"\\{character[0]}"


def for_powershell(text: str) -> str:
    """Quote a text for PowerShell, where typographic quotation marks count as `'`."""
    if re.fullmatch(r"[A-Za-z0-9_.:/-]+", text):
        return text
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"
