"""Rules about the source that no linter checks."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "rflow"
MOST_LINES = 40
MOST_FILES = 15


def functions() -> Iterator[tuple[str, int]]:
    """Yield the place of each function of the program, and how many lines its docstring and body have."""
    for file in sorted(SOURCE.rglob("*.py")):
        if file.parent.name == "compiled":  # generated
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                place = f"{file.relative_to(SOURCE).as_posix()} {node.name}"
                yield place, node.end_lineno - node.body[0].lineno + 1


@pytest.mark.slow
def test_no_function_is_longer_than_a_screen() -> None:
    long = {place: lines for place, lines in functions() if lines > MOST_LINES}
    assert long == {}


def test_no_folder_is_a_heap() -> None:
    root = SOURCE.parents[1]
    modules = Counter(
        file.parent.relative_to(root).as_posix()
        for top in ("src", "tests", "benchmarks")
        for file in (root / top).rglob("*.py")
        if file.name != "__init__.py" and "node_modules" not in file.parts
    )
    assert {folder: count for folder, count in modules.items() if count > MOST_FILES} == {}


def test_cookies_are_read_in_one_way() -> None:
    """Starlette's own reading can stop a server: see `cookies_of`."""
    files = [file.name for file in (SOURCE / "web").rglob("*.py") if "request.cookies" in file.read_text("utf-8")]
    assert files == []
