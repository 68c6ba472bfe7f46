"""Rules about the source that no linter checks."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "rflow"
MOST_LINES = 40
LONGER = {"core/session/removal.py blank"}
"""Functions that were longer when this test came. The list only gets shorter."""


def functions() -> Iterator[tuple[str, int]]:
    """Yield the place of each function of the program, and how many lines its docstring and body have."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                place = f"{file.relative_to(SOURCE).as_posix()} {node.name}"
                yield place, node.end_lineno - node.body[0].lineno + 1


def test_no_function_is_longer_than_a_screen() -> None:
    long = {place: lines for place, lines in functions() if lines > MOST_LINES and place not in LONGER}
    assert long == {}
