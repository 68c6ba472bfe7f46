"""Hostile input for every reader of charts: it is read, or refused with its line; nothing else ever happens."""

import random
from pathlib import Path

import pytest

from rflow.core.text import clean
from rflow.core.tree.model import Decision, exits
from rflow.trees.importing.names import Names
from rflow.trees.importing.sources import FORMS, import_text
from rflow.trees.parsed import ParseError
from support.nightly import NIGHTLY

SAMPLES = Path(__file__).parents[1] / "samples"
EXAMPLES = Path(__file__).parents[2] / "examples" / "trees"
COUNT = 30_000 if NIGHTLY else 300
"""Inputs for each of the four readers: 120,000 at night."""

DOT = """digraph "Till" { label="Till 3"; node [shape=box]; // comment
  a [label="Is it on?", shape=diamond]; subgraph cluster_x { b; c }
  a -> {b c} [label="Yes\\nplease"]; a -> d [label=<<b>No</b><br/>x>]; d [peripheries=2];
  "Call the vendor" -> a:n; }"""
RUNBOOK = """# Till 3

## Steps
1. Is it on? If yes → step 3, otherwise go to step 2
2. Switch it on
   ```sh
   $ on
   ```
   - If no, continue with step 4.
3. Done
   1. Inside
- [ ] A box
## 4. Heading
If it still fails, call the vendor
"""
DATA = """title: Till
start: a
nodes:
  - id: a
    question: Is it on?
    answers: {yes: b, no: {text: Call}}
  - {id: b, text: Restart, next: a, options: [{label: x, goto: b}, y]}
edges: [{from: a, to: b, label: c}]
"""
JSON = '{"tree": {"question": "On?", "yes": {"text": "Go", "children": [{"label": "x", "text": "y"}]}, "no": "Stop"}}'
PIECES = [
    *("[", "]", "(", ")", "{", "}", '"', "|", "-->", "--", "-.", "==", "~~~", "&", ";", ":::", "@{", "%%", "%%{", "\n"),
    *("\\n", "<br>", "<", ">", "#quot;", "`", "subgraph", "end", "style A", "click", "flowchart TD\n", "```mermaid\n"),
    *("digraph {", "->", "[label=", "/*", "//", "=", "+", ":", "- ", "1. ", "step 2", "go to ", "If yes ", "→", "# "),
    *("&a", "*a", "!!x", "? ", "\t", "\r", "\x00", "\u2028", "\ufeff", "\U0001f525", "é", "0" * 50),
    *("id", "next: ", '"id":', "nodes:", "null", "[[[[", "{{{{", "((((", "\x1b[31m", "\u202e"),
]


def mermaid_samples() -> list[str]:
    return [path.read_text("utf-8") for path in sorted((SAMPLES / "mermaid").glob("*.mmd"))]


SOURCES: dict[str, list[str]] = {
    "mermaid": [*mermaid_samples(), "```mermaid\nflowchart TD\nA{x} -- yes --> B & C\n```\n"],
    "markdown": [RUNBOOK],
    "dot": [DOT],
    "yaml": [DATA, JSON],
}


def mutated(text: str, chance: random.Random) -> str:
    """A text with pieces inserted, doubled, moved or lost."""
    for _ in range(chance.randint(1, 6)):
        begin = chance.randint(0, len(text))
        end = min(len(text), begin + chance.randint(0, 12))
        piece = chance.choice(PIECES)
        changes = (
            text[:begin] + piece + text[begin:],
            text[:begin] + text[end:],
            text[:end] + text[begin:],
            text[:begin],
        )
        text = chance.choices(changes, weights=[6, 2, 2, 1])[0]
    return text


def is_read_or_refused(text: str, form: str) -> bool:
    """Whether a text was read; what was read is sound, and what was refused has a message and a line in the text."""
    try:
        imported = import_text(text, "-", form)
    except ParseError as error:
        assert error.what
        assert error.line is None or 1 <= error.line <= len(text.splitlines()) + 1
        return False
    for each in imported:
        tree = each.conversion.tree
        assert tree.start in tree.nodes
        for node in tree.nodes.values():
            assert node.text.strip() and node.text == clean(node.text)
            labels = [way.label.casefold() for way in exits(node)]
            assert len(set(labels)) == len(labels)
            assert all(way.to in tree.nodes for way in exits(node))
    return True


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_damaged_charts_are_read_or_refused(form: str, request: pytest.FixtureRequest) -> None:
    chance = random.Random(request.config.getoption("--hypothesis-seed", None) or 21)
    read = 0
    for _ in range(COUNT):
        text = mutated(chance.choice(SOURCES[form]), chance)
        try:
            read += is_read_or_refused(text, chance.choice(["", form]))
        except Exception:
            print(f"The input was {text!r}")
            raise
    assert read > COUNT // 20


LONG = 40_000


@pytest.mark.slow
@pytest.mark.timeout(20)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", ["", "flowchart TD\n", "flowchart TD\nA[", "digraph {", "1. "])
def test_long_lines_of_anything_end(before: str, form: str) -> None:
    for piece in [*PIECES, "A-->", "A & ", 'A["x"]\n', "a->b ", "a: ", "[1,", "1. a\n", "- - "]:
        is_read_or_refused(before + piece * (LONG // len(piece)), form)


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("markdown", "1. Is it on? " + "otherwise stop. " * 15_000 + "\n2. Next"),
        ("markdown", "1. Is it on?\n" + "   - Yes: call Ann\n" * 15_000 + "2. Next"),
        ("mermaid", "flowchart TD\n" + "".join(f"a -->|Yes| b{number}\n" for number in range(15_000))),
        ("mermaid", "flowchart TD\n" + "".join(f"a --> b{number}[Stop]\n" for number in range(15_000))),
    ],
    ids=["stops in a line", "answers below each other", "answers of a chart", "ends that read alike"],
)
def test_as_many_answers_that_read_alike_as_a_chart_may_have_are_made_to_differ(form: str, text: str) -> None:
    """The time is linear: each further answer does not try all names again, which took minutes for so many."""
    (imported,) = import_text(text, "runbook", form, "till", Names())
    first = imported.conversion.tree.nodes[imported.conversion.tree.start]
    assert isinstance(first, Decision)
    labels = {choice.label.casefold() for choice in first.choices}
    assert len(labels) == len(first.choices) > 10_000


def test_random_bytes_are_refused_by_the_command(tmp_path: Path) -> None:
    from support.program import Program

    ann = Program(tmp_path, user="Ann")
    chance = random.Random(21)
    for size in (1, 10, 1_000, 100_000):
        refused = ann.run("tree", "import", "-", "--dry-run", stdin=chance.randbytes(size))
        assert refused.code == 6
        assert "standard input" in refused.err


def test_a_short_line_can_not_become_millions_of_links() -> None:
    many = " & ".join(f"n{number}" for number in range(1_000))
    with pytest.raises(ParseError, match="more than 20,000 links"):
        import_text(f"flowchart TD\n{many} --> {many}", "a.mmd")
