"""Input that was typed while a command ran and that it never read: lines for the shell, or a password."""

import msgspec


class Typeahead(msgspec.Struct, frozen=True):
    """Input that was not read, and whether the terminal echoed it into the output."""

    typed: bytes = b""
    shown: bool = False

    def __bool__(self) -> bool:
        """Whether anything but white space was typed."""
        return bool(self.typed.strip())


def without_echo(output: bytes, ahead: Typeahead) -> tuple[bytes, bool]:
    """Return an output without echoed lines, and whether everything that was typed could be removed.

    A line is removed only if that is certain: it occurs in the output exactly as often as it was typed.
    """
    if not ahead or not ahead.shown:
        return output, True
    typed = [line for line in ahead.typed.split(b"\n") if line.strip()]
    pieces = output.splitlines(keepends=True)
    lines = [piece.removesuffix(b"\n") for piece in pieces]
    clear = {line for line in typed if lines.count(line) == typed.count(line)}
    if not clear:
        return output, False
    return b"".join(piece for piece, line in zip(pieces, lines, strict=True) if line not in clear), clear.issuperset(
        typed
    )
