"""What a run prints and reads: data on standard output, messages on standard error, questions at a terminal."""

import sys

import msgspec

from rflow.cli.output import echo, folded, is_terminal
from rflow.core.text import ascii_controls, clean
from rflow.errors import UsageProblem


class Streams:
    """Standard input, output and error as commands use them."""

    def out(self, text: str) -> None:
        """Print data."""
        echo(text)

    def out_json(self, value: object) -> None:
        """Print data as JSON."""
        echo(ascii_controls(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()))

    def say(self, text: str) -> None:
        """Print a message; it may repeat what came from a file or the command line."""
        echo(folded(clean(text)), err=True)

    def text(self, argument: str) -> str:
        """Return a text from the command line; what is not UTF-8 is replaced, with a warning."""
        if argument.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in argument):
            return argument
        self.say("Warning: the text is not all UTF-8; what could not be read is kept as \N{REPLACEMENT CHARACTER}.")
        return clean(argument)

    def read_stdin(self, limit: int) -> bytes:
        """Read standard input, up to one byte more than `limit`; on a terminal, say how to end it."""
        if sys.stdin is None:  # closed before the program began
            return b""
        if sys.stdin.isatty():
            self.say("Type or paste, then end with Ctrl-D (Ctrl-Z, Enter on Windows):")
        return sys.stdin.buffer.read(limit + 1)

    @property
    def can_ask(self) -> bool:
        """Whether a person can be asked a question."""
        return is_terminal(sys.stdin) and is_terminal(sys.stderr)

    def confirm(self, question: str, option: str) -> None:
        """Ask before something that can't be undone; without a terminal, insist on `option` instead."""
        if not self.can_ask:
            raise UsageProblem(f"{question} There is no terminal to ask at.", try_=f"To do it, add {option}.")
        from rflow.cli.ask import confirmed, or_exit

        if not or_exit(confirmed(folded(question))):
            raise UsageProblem("Nothing was done.", try_=f"To do it, answer y, or add {option}.")
