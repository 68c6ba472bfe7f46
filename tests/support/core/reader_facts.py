"""How many facts of the reader test's answer keys a text contains, found by patterns.

`PYTHONPATH=tests python -m support.core.reader_facts` prints it for the summaries that rflow makes now;
`… SESSION FILE` for any text, with what it lacks (docs/reader-test.md).
"""

import re
import sys
import tomllib
from pathlib import Path

from rflow.core.summary.budget.arrange import arranged
from rflow.formats import render
from support.core.reader_sessions import READERS, SESSIONS, summary_of

NEAR = range(180, 201, 4)
"""Budgets of the brief form; several, because with a single one a word more or less may decide about a whole part."""

Facts = dict[str, list[tuple[int, str]]]


def facts_of(name: str) -> Facts:
    """Return the facts of each question of a session, each with its percentage of the mark."""
    questions = tomllib.loads((READERS / name / "facts.toml").read_text("utf-8"))
    return {question: [(percent, pattern) for percent, pattern in facts] for question, facts in questions.items()}


def holds(text: str, pattern: str) -> bool:
    """Whether a text contains a fact, regardless of line breaks."""
    return bool(re.search(pattern, " ".join(text.replace("’", "'").split()), re.IGNORECASE))


def coverage(name: str, text: str) -> dict[str, float]:
    """Return the part of each question's mark that a text earns, from 0 to 1."""
    return {
        question: sum(percent for percent, pattern in facts if holds(text, pattern)) / 100
        for question, facts in facts_of(name).items()
    }


def covered(name: str, text: str) -> float:
    """Return how many of the ten marks of a session a text earns."""
    return sum(coverage(name, text).values())


def _near(name: str) -> float:
    summary = summary_of(name, brief=True)
    return sum(covered(name, render("text", arranged(summary, words))) for words in NEAR) / len(NEAR)


def _report() -> None:
    rows = []
    for name in SESSIONS:
        forms = [coverage(name, render("text", summary_of(name, brief=brief))) for brief in (True, False)]
        rows.append((*(sum(form.values()) for form in forms), _near(name)))
        by_question = " ".join(f"{part:.2f}" for part in forms[0].values())
        print(f"{name:18} {rows[-1][0]:5.2f} {rows[-1][1]:5.2f} {rows[-1][2]:5.2f}   {by_question}")
    print(f"{'all':18}", *(f"{sum(column):5.2f}" for column in zip(*rows, strict=True)))


def _lacks(name: str, file: str) -> None:
    text = Path(file).read_text("utf-8")
    for question, facts in facts_of(name).items():
        lacking = [f"{pattern} ({percent})" for percent, pattern in facts if not holds(text, pattern)]
        print(f"{question:>2} {coverage(name, text)[question]:.2f}", *lacking, sep="  ")
    print(f"{covered(name, text):.2f} of 10")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print("session            brief whole  near   brief, by question")
        _report()
    else:
        _lacks(*sys.argv[1:])
