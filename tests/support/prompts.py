"""Answers a question of the program at a real pseudo-terminal."""

import os
import subprocess

from support.program import SCRIPT, TIMEOUT, Program


def answer(program: Program, words: tuple[str, ...], keys: str, prompt: str = "[y/N]:") -> tuple[int, str]:
    """Run the program at a terminal and type `keys` at its prompt; return its exit code and the screen's text."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [SCRIPT, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=program.variables, start_new_session=True
    )
    os.close(theirs)
    screen, typed = "", False
    try:
        while text := _read(ours):
            screen += text
            if not typed and screen.rstrip().endswith(prompt):
                os.write(ours, keys.encode())
                typed = True
        return process.wait(TIMEOUT), " ".join(screen.split())
    finally:
        process.kill()
        os.close(ours)


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode("utf-8", "replace")
    except OSError:  # Linux: the program has closed the terminal.
        return ""
