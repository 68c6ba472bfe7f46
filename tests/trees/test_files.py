"""Tree files: what is read comes out the same, and what is wrong is said with file, line, node and remedy."""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.text import clean, one_line
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree
from rflow.errors import BadInput, Exit
from rflow.trees.files import MAX_SIZE, describe, load_tree, read_tree
from rflow.trees.parsing import PARSERS, parse
from rflow.trees.writing import WRITERS, write_tree

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parents[1] / "samples" / "trees"
EXAMPLES = sorted(path for path in (ROOT / "examples" / "trees").iterdir() if path.suffix in PARSERS)
FORMATS = tuple(WRITERS)


def told(name: str, content: bytes | str) -> list[str]:
    """Give the lines that are said about a file with this content."""
    data = content if isinstance(content, bytes) else textwrap.dedent(content).encode()
    return [describe(found) for found in read_tree(Path(name), data=data).problems]


# What is read and written


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_no_example_has_any_problem(path: Path) -> None:
    assert told(path.name, path.read_bytes()) == []


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


LINES = st.text(max_size=40).map(lambda text: one_line(text.replace("\ufffd", "")))
FILLED = LINES.filter(bool)
LONGER = st.text(max_size=80).map(lambda text: clean(text).strip())
TRICKY = st.sampled_from(
    ["Yes", "no", "NO", "809", "012", "1e3", "~", "null", "2026-11-23", "=", "<<", "#2", "a: b", "'''"]
)
NAMES = st.one_of(FILLED, TRICKY).filter(lambda name: len(name) <= 64)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Draw trees without errors whose texts may be anything: from the first node each leads to the next or the end."""
    names = draw(st.lists(NAMES, min_size=2, max_size=5, unique=True))
    *others, last = names
    nodes: dict[str, Node] = {}
    for here, behind in zip(others, names[1:], strict=True):
        common = {"text": draw(FILLED | TRICKY), "help": draw(LONGER), "run": draw(LONGER | TRICKY)}
        labels = draw(st.lists(FILLED | TRICKY, max_size=3, unique_by=lambda label: label.casefold()))
        ways = tuple(Choice(label=label, to=draw(st.sampled_from([behind, last]))) for label in labels)
        forward = bool(ways) and any(way.to == behind for way in ways)
        nodes[here] = Decision(**common, choices=ways) if forward else Action(**common, to=behind)
    nodes[last] = End(text=draw(FILLED), outcome=draw(st.sampled_from(["resolved", "escalate"])))
    return Tree(id="leeds-printer", title=draw(FILLED), description=draw(LONGER), start=names[0], nodes=nodes)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@given(tree=trees())
def test_a_tree_that_was_written_reads_back_the_same(form: str, tree: Tree) -> None:
    assert read_tree(Path(f"leeds.{form}"), data=write_tree(tree, form).encode()).require() == tree


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@given(tree=trees())
def test_the_line_found_for_a_node_is_the_line_where_its_name_stands(form: str, tree: Tree) -> None:
    text = write_tree(tree, form)
    parsed = parse(text, f".{form}")
    plain = [name for name in tree.nodes if re.fullmatch(r"[A-Za-z0-9-]+", name)]
    for name in plain:
        line = parsed.line_of(("nodes", name))
        assert line is not None
        assert name in text.split("\n")[line - 1]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("form", FORMATS)
def test_every_example_can_be_turned_into_every_format(path: Path, form: str) -> None:
    tree = load_tree(path)
    text = write_tree(tree, form)
    assert read_tree(Path(f"x.{form}"), data=text.encode()).tree == tree
    assert text.endswith("\n") and not text.endswith("\n\n")


def test_help_is_written_as_lines_not_as_one_long_string_with_escapes() -> None:
    end = End(text="Solved", outcome="resolved", help="Tell Leeds.\nClose the ticket.")
    tree = Tree(id="x", title="Printer", start="end", nodes={"end": end})
    assert 'help = """\nTell Leeds.\nClose the ticket."""' in write_tree(tree, "toml")
    assert "help: |-\n      Tell Leeds.\n      Close the ticket.\n" in write_tree(tree, "yaml")


# Everything at once, with its line

TEN: list[tuple[str, str, int | dict[str, int]]] = [
    ("\"VPN 809\" can't be a tree's id.", "VPN 809", 0),
    ('"title" is empty.', "title", 0),
    ('node "scope", choice 2: The target "gatway" is not a node. Did you mean "gateway"?', "gatway", 0),
    ('node "scope", choice 3: The label "everyone" is there twice.', "everyone", 0),
    ('node "restart-ike": "text" is empty.', "Wait a minute", {".toml": -4, ".yaml": -3, ".json": -1}),
    ('node "gateway": "escalated" is not an outcome.', "escalated", 0),
    ('node "mtu": "question" is not a kind of node.', "question", 0),
    (
        'warning: node "restart-ike": From here no end can be reached ("restart-ike", "wait").',
        "Wait a minute",
        {".toml": -5, ".yaml": -4, ".json": -1},
    ),
    (
        'warning: node "printer": No path from the start leads here.',
        "Print the log",
        {".toml": -1, ".yaml": -1, ".json": 0},
    ),
    ('warning: node "mtu": "hepl" is an unknown field, which is ignored. Did you mean "help"?', "hepl", 0),
]


@pytest.mark.parametrize("suffix", [".toml", ".yaml", ".json"])
def test_a_tree_with_ten_problems_lists_all_ten_with_their_lines(suffix: str) -> None:
    path = SAMPLES / f"ten-problems{suffix}"
    lines = path.read_text().split("\n")
    found = [describe(problem) for problem in read_tree(path).problems]
    assert len(found) == len(TEN)
    for said, (message, beside, away) in zip(found, TEN, strict=True):
        beside_line = next(number for number, line in enumerate(lines, 1) if beside in line)
        line = beside_line + (away[suffix] if isinstance(away, dict) else away)
        assert said.startswith(f"{path}:{line}: {message}")


def test_a_tree_with_errors_is_refused_with_all_of_them() -> None:
    with pytest.raises(BadInput) as caught:
        load_tree(SAMPLES / "ten-problems.yaml")
    assert caught.value.exit_code is Exit.BAD_INPUT
    assert len(caught.value.problems) == 10
    assert "7 errors, 3 warnings" in caught.value.what


def test_a_tree_with_a_single_error_is_refused_in_one_sentence() -> None:
    with pytest.raises(BadInput) as caught:
        read_tree(
            Path("vpn.yaml"), data=b"id: vpn-809\ntitle: VPN\nstart: a\nnodes: {a: {text: A, outcome: done}}"
        ).require()
    assert str(caught.value) == 'vpn.yaml:4: node "a": "done" is not an outcome. Write resolved or escalate.'
    assert caught.value.problems == ()


def test_a_tree_with_warnings_only_is_given_together_with_them() -> None:
    found = read_tree(Path("vpn.yaml"), data=b"id: vpn-809\ntitle: VPN\nstart: a\nnodes: {a: {text: A}}")
    assert found.require().id == "vpn-809"
    assert not found.errors
    assert [describe(warning) for warning in found.warnings] == [
        'vpn.yaml:4: warning: node "a": The end does not say how it ends; resolved is assumed. '
        'Say outcome = "resolved" or "escalate" (or give it choices, or a to).'
    ]


def test_toml_lines_are_right_for_quoted_names_array_tables_and_texts_that_look_like_headers() -> None:
    content = """\
        id = "vpn"
        title = "VPN"
        start = "is it on?"

        [nodes."is it on?"]   # [nodes.no]
        text = "Is it on?"
        help = '''
        [nodes.end]
        to = "nowhere"
        '''
        [[nodes."is it on?".choices]]
        label = "Yes"
        to = "end"
        [[nodes."is it on?".choices]]
        label = "No"
        to = "nowhere"

        [nodes]
        end = { text = "Solved", outcome = "resolvd" }
        """
    assert [line.split(" The ")[0] for line in told("vpn.toml", content)] == [
        'vpn.toml:16: node "is it on?", choice 2:',
        'vpn.toml:19: node "end": "resolvd" is not an outcome. Write resolved or escalate.',
    ]


@pytest.mark.parametrize("name", ["vpn.yaml", "vpn.json"])
def test_a_key_that_is_there_twice_is_said_with_both_lines(name: str) -> None:
    content = """\
        {"id": "vpn", "title": "VPN", "start": "a",
         "nodes": {
           "a": {"text": "A", "to": "b"},
           "b": {"text": "B",
                 "outcome": "resolved", "text": "C"},
           "a": {"text": "A", "to": "b"}}}
        """
    assert told(name, content) == [
        f'{name}:5: node "b": "text" is there twice, first in line 4. Keep one of them.',
        f'{name}:6: node "a": "a" is there twice, first in line 3. Keep one of them.',
    ]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("vpn.toml", 'id = "vpn"\ntitle = VPN\n', 2),
        ("vpn.toml", '[nodes.a]\ntext = "A"\n[nodes.a]\n', 3),
        ("vpn.toml", 'id = "vpn"\ntitle = """VPN', 2),
        ("vpn.yaml", "id: vpn\ntitle: Error: no route\n", 2),
        ("vpn.yaml", "id: vpn\nnodes:\n\ta: b\n", 3),
        ("vpn.json", '{\n "id": "vpn",}', 2),
        ("vpn.json", "{\n 'id': 1}", 2),
    ],
)
def test_a_slip_in_the_notation_names_its_line(name: str, content: str, line: int) -> None:
    (said,) = told(name, content)
    assert said.startswith(f"{name}:{line}: This is not valid {name[4:].upper()}")


# YAML is read as texts


def test_yaml_answers_stay_the_words_that_were_written() -> None:
    labels = ["Yes", "No", "NO", "on", "809", "012", "1_000", "~", "null", "2026-11-23", "0x1F", "1.10", ".inf", "!"]
    choices = "\n".join(f"      - {{label: {label}, to: end}}" for label in labels if label not in ("NO", "!"))
    content = f"id: vpn\ntitle: Norway\nstart: 12\nnodes:\n  12:\n    text: Which?\n    choices:\n{choices}\n"
    tree = read_tree(Path("vpn.yaml"), data=(content + "  end: {text: No, outcome: resolved}\n").encode()).require()
    first = tree.nodes["12"]
    assert isinstance(first, Decision)
    assert [way.label for way in first.choices] == [label for label in labels if label not in ("NO", "!")]
    assert tree.nodes["end"].text == "No"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: &x 1\nb: *x\n", "vpn.yaml:1: The anchor &x can't be used"),
        ("a: 1\nb: *x\n", "vpn.yaml:2: The alias *x can't be used"),
        ("id: !!python/object/apply:os.system [touch owned]\n", "vpn.yaml:1: The tag !!python/object/apply:os.system"),
        ("id: vpn\ntitle: !env HOME\n", "vpn.yaml:2: The tag !env can't be used"),
        ("? [a, b]\n: c\n", "vpn.yaml:1: A list or a table is used as a key."),
        ("id: vpn\ntitle: a\x07b\n", "vpn.yaml:2: There are control characters in the file."),
    ],
)
def test_yaml_that_is_more_than_texts_is_refused(content: str, said: str) -> None:
    (line,) = told("vpn.yaml", content)
    assert line.startswith(said)


def test_plain_yaml_tags_do_no_harm() -> None:
    content = "id: !!str vpn\ntitle: ! VPN\nstart: a\nnodes: !!map {a: {text: !!int 809, outcome: resolved}}\n"
    assert read_tree(Path("vpn.yaml"), data=content.encode()).require().nodes["a"].text == "809"


def test_a_second_yaml_document_is_a_problem_beside_those_of_the_first() -> None:
    said = told("vpn.yaml", "id: vpn\ntitle: VPN\nstart: b\nnodes: {a: {text: A, outcome: resolved}}\n---\nid: 2\n")
    assert len(said) == 2
    assert "start" in said[0]
    assert said[1].startswith("vpn.yaml:5: A second document begins here")


# Files that can't be used


@pytest.mark.parametrize("name", ["vpn.txt", "vpn", "-", "vpn.TAR"])
def test_a_name_without_a_known_format_lists_the_formats(name: str) -> None:
    (said,) = told(name, "id: vpn")
    assert "ends in .toml, .yaml, .yml or .json." in said


def test_the_format_is_known_by_capitals_too() -> None:
    assert read_tree(Path("VPN.JSON"), data=EXAMPLE_JSON.encode()).require().id == "x"


EXAMPLE_JSON = '{"id": "x", "title": "Umlaut ü", "start": "a", "nodes": {"a": {"text": "A", "outcome": "resolved"}}}'


def test_a_byte_order_mark_is_no_matter() -> None:
    assert read_tree(Path("vpn.json"), data=EXAMPLE_JSON.encode("utf-8-sig")).require().title == "Umlaut ü"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (EXAMPLE_JSON.encode("utf-16"), "vpn.json: The file is UTF-16 text. Save it as UTF-8."),
        (EXAMPLE_JSON.encode("utf-16-le"), "vpn.json: The file is UTF-16 text. Save it as UTF-8."),
        (EXAMPLE_JSON.encode("utf-16-be"), "vpn.json: The file is UTF-16 text. Save it as UTF-8."),
        (
            b"{\n" + EXAMPLE_JSON[1:].encode("latin-1"),
            "vpn.json:2: The file is not UTF-8 text: the byte 0xFC can't be read. Save it as UTF-8.",
        ),
        (b"", "vpn.json: The file is empty. Start with id, title, start and nodes."),
        (b" \r\n\n", "vpn.json: The file is empty. Start with id, title, start and nodes."),
        (b"[]", "vpn.json: The file does not hold a tree. Start with id, title, start and nodes."),
        (
            b" " * (MAX_SIZE + 1),
            "vpn.json: The file is larger than 2 MB, the limit for trees. Is it the right file?",
        ),
    ],
)
def test_a_file_that_holds_no_tree_gets_one_clear_sentence(data: bytes, said: str) -> None:
    assert told("vpn.json", data) == [said]


def refusal(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        load_tree(path)
    assert caught.value.exit_code == Exit.BAD_INPUT
    return str(caught.value)


def test_a_missing_file_a_folder_and_a_name_too_long_are_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "trees.toml").mkdir()
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    assert (
        refusal(tmp_path / "vpn.toml") == f"{tmp_path}/vpn.toml: There is no such file. Check the name and the folder."
    )
    assert refusal(tmp_path / "trees.toml") == f"{tmp_path}/trees.toml: This is a folder. Name a file in it."
    assert "The file can't be read: File name too long." in refusal(tmp_path / f"{'x' * 300}.toml")
    assert "The file can't be read: Too many levels of symbolic links." in refusal(tmp_path / "loop.toml")
    assert "The file can't be read" in refusal(Path("vpn\0.toml"))


def test_a_file_that_may_not_be_read_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vpn.toml"
    path.write_text("id = 'vpn'")

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)  # the tests may run as root, who may read everything
    assert refusal(path) == f"{path}: The file can't be read: Permission denied. Check its name and permissions."


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        return  # there are no such pipes on Windows
    os.mkfifo(tmp_path / "vpn.toml")
    assert "This is not a regular file." in refusal(tmp_path / "vpn.toml")


def test_a_file_name_with_control_characters_does_not_reach_the_terminal() -> None:
    assert "\x1b" not in refusal(Path("vpn\x1b[2J.toml"))


# Hostile files

LAUGHS = "a: &a [lol, lol]\n" + "".join(
    f"{new}: &{new} [{f'*{old}, ' * 9}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MANY = 600_000
HOSTILE: dict[str, tuple[str, str]] = {
    "a billion laughs": ("x.yaml", LAUGHS),
    "deep lists in YAML": ("x.yaml", "[" * 100_000),
    "deep tables in YAML": ("x.yaml", "{a: " * 100_000),
    "deep dashes": ("x.yaml", "- " * MANY),
    "deep question marks": ("x.yaml", "? " * MANY),
    "deep indentation": ("x.yaml", "\n".join(" " * depth + "a:" for depth in range(1500))),
    "deep lists in JSON": ("x.json", "[" * 100_000 + "]" * 100_000),
    "deep tables in JSON": ("x.json", '{"a":' * 100_000 + "1" + "}" * 100_000),
    "deep lists in TOML": ("x.toml", "a = " + "[" * 100_000 + "]" * 100_000),
    "deep tables in TOML": ("x.toml", "a = " + "{a = " * 100_000 + "1" + "}" * 100_000),
    "a long dotted key": ("x.toml", "a." * MANY + "a = 1"),
    "a long header": ("x.toml", "[" + "a." * MANY + "a]"),
    "many headers": ("x.toml", "".join(f"[nodes.a{number}]\n" for number in range(50_000))),
    "a string that never ends": ("x.toml", 'a = """' + '\\"""' * (MANY // 2)),
    "a long number in JSON": ("x.json", '{"id": ' + "9" * MANY + "}"),
    "a long number in TOML": ("x.toml", "id = " + "9" * MANY),
    "a long hexadecimal number": ("x.toml", "id = 0x" + "f" * MANY),
    "many entries in JSON": ("x.json", '{"nodes": [' + "1," * MANY + "1]}"),
    "many entries in YAML": ("x.yaml", "nodes: [" + "1," * MANY + "1]"),
    "many documents": ("x.yaml", "---\n" * (MANY // 3)),
    "a long tag": ("x.yaml", "!" * MANY + " a"),
    "many unknown keys": ("x.json", "{" + ",".join(f'"k{number}": 1' for number in range(50_000)) + "}"),
    "many repeated keys": ("x.json", "{" + '"k": 1,' * 80_000 + '"k": 1}'),
    "many unknown targets": (
        "x.json",
        json.dumps({"start": "n0", "nodes": {f"n{n}": {"text": "?", "to": f"m{n}"} for n in range(20_000)}}),
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_quickly_and_without_an_exception(what: str) -> None:
    name, content = HOSTILE[what]
    said = told(name, content)
    assert said
    assert all(len(line) < 500 for line in said)


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", [what for what, (name, _) in HOSTILE.items() if name == "x.yaml"])
def test_hostile_yaml_is_refused_without_the_parser_in_c_too(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("yaml.CBaseLoader", raising=False)
    assert told(*HOSTILE[what])


def test_yaml_reads_the_same_without_the_parser_in_c(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = load_tree(EXAMPLES[0])
    monkeypatch.delattr("yaml.CBaseLoader", raising=False)
    assert read_tree(Path("x.yaml"), data=write_tree(tree, "yaml").encode()).require() == tree
    assert told("ten-problems.yaml", (SAMPLES / "ten-problems.yaml").read_bytes())[0].startswith(
        "ten-problems.yaml:1: "
    )


@pytest.mark.slow
def test_hostile_files_do_not_fill_the_memory() -> None:
    if sys.platform != "linux":
        return  # elsewhere a process can't be given so much memory and no more
    script = """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_AS, (600_000_000, 600_000_000))
        from trees.test_files import HOSTILE, told
        for name, content in HOSTILE.values():
            assert told(name, content)
    """
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], env=here, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


@given(st.sampled_from(sorted(PARSERS)), st.text() | st.text(alphabet="[]{}=:,.\"'\\#\n\t -&*!|>?%@`a1"))
def test_any_text_at_all_gives_problems_and_no_exception(suffix: str, text: str) -> None:
    found = read_tree(Path(f"x{suffix}"), data=text.encode("utf-8", "surrogatepass"))
    assert found.tree is None
    assert found.errors
    assert all("\n" not in describe(problem) for problem in found.problems)


@given(st.sampled_from(sorted(PARSERS)), st.binary())
def test_any_bytes_at_all_give_problems_and_no_exception(suffix: str, data: bytes) -> None:
    assert read_tree(Path(f"x{suffix}"), data=data).errors


def test_reading_toml_and_json_imports_no_yaml() -> None:
    modules = "rflow.trees.files, rflow.trees.writing, rflow.trees.drawing"
    script = f"import sys, {modules}; print({{'yaml', 'tomli_w'}} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.stdout == "set()\n"


# docs/tree-format.md

DOC = (ROOT / "docs" / "tree-format.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)


def test_the_first_tree_of_the_docs_is_the_same_in_all_formats_and_has_no_problems() -> None:
    found = [read_tree(Path(f"vpn.{form}"), data=blocks(form)[0].encode()) for form in FORMATS]
    assert [file.problems for file in found] == [()] * 3
    assert found[0].tree == found[1].tree == found[2].tree


def documented() -> list[re.Pattern[str]]:
    cells = [row.split("|")[1] for row in DOC.splitlines() if row.startswith("| ") and " | " in row]
    messages = [message.strip() for cell in cells for message in cell.split(" · ")]
    return [re.compile(re.escape(message).replace("…", ".*")) for message in messages if message.endswith((".", "…"))]


SOME: list[tuple[str, Any]] = [
    *((path.name, path.read_bytes()) for path in sorted(SAMPLES.iterdir())),
    *((name, content[:200_000]) for name, content in HOSTILE.values()),
    ("a.json", "{}"),
    (
        "a.json",
        '{"nodes": {"": {"text": 1.5, "kind": "end", "to": "b"}, "c": {"text": [], "kind": "action", "choices": []}}}',
    ),
    (
        "a.json",
        '{"nodes": {"a": {"text": "A", "to": "a", "choices": [1]}, "b": {"kind": "action", "outcome": "x"}, "c": 1}}',
    ),
    ("a.json", '{"start": "a", "nodes": {"a": {"text": "A", "to": "a"}, "b": {}, "d": {"choices": [{}]}}}'),
    ("a.yaml", "a: [\n"),
    ("a.toml", "a"),
    ("a.txt", "a"),
    ("-", "a"),
    ("a", "a"),
    ("a.json", b"\xff\xfe"),
    ("a.json", b"\xe4"),
    ("a.yaml", "\x07"),
]


@pytest.mark.slow
def test_every_message_is_in_the_docs() -> None:
    known = documented()
    assert len(known) > 40
    for name, content in SOME:
        data = content if isinstance(content, bytes) else content.encode()
        for found in read_tree(Path(name), data=data).problems:
            assert any(pattern.fullmatch(found.problem.message) for pattern in known), found.problem.message
