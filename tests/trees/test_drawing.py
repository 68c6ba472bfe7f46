"""The drawing of a tree: readable at a glance, never wider than the terminal, each part once."""

import random
import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.text import columns
from rflow.core.tree.graph import Turn, distances, ruled_out
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree, exits
from rflow.trees.drawing import draw
from rflow.trees.files import load_tree, read_tree
from rflow.trees.symbols import Line
from rflow.trees.wrapping import wrap

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "trees").glob("*.toml"))


def decision(text: str, **ways: str) -> Decision:
    return Decision(text=text, choices=tuple(Choice(label=label, to=to) for label, to in ways.items()))


def a_tree(start: str = "scope", **nodes: Node) -> Tree:
    return Tree(id="vpn", title="The VPN does not connect", start=start, nodes=nodes)


SOLVED = End(text="Solved", outcome="resolved")
VPN = a_tree(
    scope=decision("Who is affected?", One="restart", Everyone="gateway", Nobody="solved"),
    restart=Action(text="Restart the IKE service", to="works"),
    works=decision("Does it connect now?", Yes="solved", No="gateway"),
    gateway=decision("Does the gateway answer a ping?", Yes="hotspot", No="call"),
    hotspot=Action(text="Connect through the hotspot of a phone", to="works"),
    call=End(text="Call the network team", outcome="escalate"),
    solved=SOLVED,
)


def shown(lines: list[Line]) -> str:
    return "\n".join(line.text for line in lines) + "\n"


def expected(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def test_a_tree_shows_its_branches_joins_and_loops() -> None:
    assert shown(draw(VPN, width=80)) == expected("""
        Who is affected?
        ├─ [One] • Restart the IKE service
        │  Does it connect now? (works)
        │  ├─ [Yes] ✔ Solved
        │  └─ [No] Does the gateway answer a ping? (gateway)
        │     ├─ [Yes] • Connect through the hotspot of a phone
        │     │  ↑ see works
        │     └─ [No] ▲ escalate: Call the network team
        ├─ [Everyone] ↑ see gateway
        └─ [Nobody] ✔ Solved
        """)


def test_long_texts_wrap_beside_the_guides_of_what_hangs_below() -> None:
    assert shown(draw(VPN, width=34)) == expected("""
        Who is affected?
        ├─ [One] • Restart the IKE service
        │  Does it connect now? (works)
        │  ├─ [Yes] ✔ Solved
        │  └─ [No] Does the gateway answer
        │     │  a ping? (gateway)
        │     ├─ [Yes] • Connect through
        │     │     the hotspot of a phone
        │     │  ↑ see works
        │     └─ [No] ▲ escalate: Call the
        │           network team
        ├─ [Everyone] ↑ see gateway
        └─ [Nobody] ✔ Solved
        """)


TO_GATEWAY = [Turn(node="scope", label="Everyone", to="gateway")]


def test_the_path_is_heavy_the_position_marked_and_what_is_ruled_out_crossed() -> None:
    tree = a_tree(
        scope=decision("Who is affected?", One="restart", Everyone="gateway", Nobody="solved"),
        restart=decision("Does a restart help?", Yes="solved", No="replace"),
        replace=End(text="Replace the computer", outcome="resolved"),
        gateway=decision("Does the gateway answer a ping?", Yes="works", No="call"),
        works=decision("Does it connect now?", Yes="solved", No="call"),
        call=End(text="Call the network team", outcome="escalate"),
        solved=SOLVED,
    )
    out = {"replace"}
    assert shown(draw(tree, width=80, position="gateway", path=TO_GATEWAY, ruled_out=out)) == expected("""
        Who is affected?
        ┠─ [One] Does a restart help?
        ┃  ├─ [Yes] ✔ Solved
        ┃  └─ [No] ✗ Replace the computer
        ┣━ [Everyone] ▶ Does the gateway answer a ping? ◀ you are here
        │  ├─ [Yes] Does it connect now?
        │  │  ├─ [Yes] ✔ Solved
        │  │  └─ [No] ▲ escalate: Call the network team
        │  └─ [No] ▲ escalate: Call the network team
        └─ [Nobody] ✔ Solved
        """)
    out = {"replace", "solved"}
    assert shown(draw(tree, width=80, position="gateway", path=TO_GATEWAY, ruled_out=out)) == expected("""
        Who is affected?
        ┠─ [One] ✗ Does a restart help? …
        ┣━ [Everyone] ▶ Does the gateway answer a ping? ◀ you are here
        │  ├─ [Yes] Does it connect now?
        │  │  ├─ [Yes] ✔ Solved
        │  │  └─ [No] ▲ escalate: Call the network team
        │  └─ [No] ▲ escalate: Call the network team
        └─ [Nobody] ✔ Solved
        """)


def test_the_path_is_shown_even_where_it_ran_into_a_loop_without_a_way_out() -> None:
    tree = a_tree(
        scope=decision("Who is affected?", One="wait", Everyone="solved"),
        wait=Action(text="Wait", to="again"),
        again=Action(text="Wait again", to="wait"),
        solved=SOLVED,
    )
    path = [Turn(node="scope", label="One", to="wait"), Turn(node="wait", label="waited", to="again")]
    assert shown(draw(tree, width=80, position="again", path=path, ruled_out={"solved"})) == expected("""
        Who is affected?
        ┣━ [One] • Wait (wait)
        │  ▶ Wait again ◀ you are here
        │  ↑ see wait
        └─ [Everyone] ✔ Solved
        """)


def test_a_join_is_drawn_where_the_path_came_to_it() -> None:
    lines = shown(draw(VPN, width=80, position="gateway", path=TO_GATEWAY))
    assert "└─ [No] ↓ see gateway" in lines
    assert "┣━ [Everyone] ▶ Does the gateway answer a ping? (gateway) ◀ you are here" in lines


def test_the_end_reached_is_marked_only_where_the_path_came_to_it() -> None:
    path = [
        Turn(node="scope", label="One", to="restart"),
        Turn(node="restart", label="restarted twice", to="works"),
        Turn(node="works", label="Yes", to="solved"),
    ]
    assert shown(draw(VPN, width=80, position="solved", path=path, unicode=False)) == expected("""
        Who is affected?
        #= [One] * Restart the IKE service
        |  Does it connect now? (works)
        |  #= [Yes] >> OK: Solved << you are here
        |  `- [No] Does the gateway answer a ping? (gateway)
        |     |- [Yes] * Connect through the hotspot of a phone
        |     |  ^ see works
        |     `- [No] ESCALATE: Call the network team
        |- [Everyone] ^ see gateway
        `- [Nobody] OK: Solved
        """)


def test_each_line_says_what_it_shows_and_each_piece_its_style() -> None:
    lines = draw(VPN, width=80, position="works", path=[Turn(node="scope", label="One", to="restart")], ruled_out={"x"})
    assert [line.role for line in lines][:6] == ["done", "action", "position", "end-resolved", "question", "action"]
    assert lines[4].spans == (
        ("│  └─ ", "guide"),
        ("[No]", "label"),
        (" Does the gateway answer a ping?", "question"),
        (" (gateway)", "name"),
    )
    assert {line.role for line in lines} >= {"end-escalate", "see"}


def test_an_end_that_says_escalate_itself_does_not_say_it_twice() -> None:
    tree = a_tree(start="a", a=End(text="Escalate to second level", outcome="escalate"))
    assert shown(draw(tree, width=80)) == "▲ Escalate to second level\n"


def test_nodes_without_a_path_and_targets_that_are_missing_are_shown_too() -> None:
    tree = a_tree(start="a", a=Action(text="Wait", to="gatway"), b=Action(text="Look", to="c"), c=SOLVED)
    assert shown(draw(tree, width=80)) == expected("""
        • Wait
        ✗ there is no node "gatway"

        No path from the start leads here:
        • Look
        ✔ Solved
        """)


def test_a_tree_without_nodes_has_no_lines() -> None:
    assert draw(a_tree(), width=80) == []


def test_a_thousand_actions_in_a_row_stand_below_each_other() -> None:
    nodes: dict[str, Node] = {f"n{n}": Action(text=f"Step {n}", to=f"n{n + 1}") for n in range(1000)}
    lines = draw(a_tree(start="n0", **nodes, n1000=SOLVED), width=80)
    assert [line.text for line in lines[:2]] == ["• Step 0", "• Step 1"]
    assert len(lines) == 1001


def test_a_thousand_questions_deep_goes_on_at_the_margin_when_there_is_no_room() -> None:
    nodes: dict[str, Node] = {f"n{n}": decision(f"Question {n}?", No="end", Yes=f"n{n + 1}") for n in range(1000)}
    tree = a_tree(start="n0", **nodes, n1000=SOLVED, end=SOLVED)
    path = [Turn(node=f"n{n}", label="Yes", to=f"n{n + 1}") for n in range(900)]
    lines = [line.text for line in draw(tree, width=60, position="n900", path=path)]
    assert max(map(columns, lines)) <= 60
    assert [line for line in lines if "▶" in line] == [line for line in lines if "Question 900?" in line]
    (reference,) = [number for number, line in enumerate(lines) if line.endswith("[Yes] ↓ see n10")]
    assert lines[reference + 1 : reference + 3] == ["", "(n10) Question 10?"]


def test_a_tree_of_two_thousand_nodes_shows_every_one() -> None:
    nodes: dict[str, Node] = {f"n{n}": decision(f"Q{n}?", a=f"n{2 * n + 1}", b=f"n{2 * n + 2}") for n in range(1000)}
    ends: dict[str, Node] = {f"n{n}": End(text=f"E{n}.", outcome="resolved") for n in range(1000, 2001)}
    text = shown(draw(a_tree(start="n0", **nodes, **ends), width=80))
    assert sorted(re.findall(r"[QE]\d+[?.]", text)) == sorted([node.text for node in (nodes | ends).values()])


# Whatever the tree

TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="プリンターは電源が入っていますか 👍🏽é\u0301\u200d", max_size=30),
    st.sampled_from(["C:\\Windows\\System32\\spool\\PRINTERS\\" * 3, "\x1b[2J", "\n\n", "日" * 40]),
).map(lambda text: text.replace("<", "‹"))  # so that no text has the number of another, such as <0>


@st.composite
def drawn_trees(draw: st.DrawFn) -> tuple[Tree, list[Turn]]:
    """Draw trees whose nodes lead anywhere, with a path through them; each text ends in a number of its own."""
    count = draw(st.integers(1, 12))
    nodes: dict[str, Node] = {}
    for number in range(count):
        text = f"{draw(TEXTS)} <{number}>"
        ways = draw(st.lists(st.integers(0, count - 1), max_size=3))
        match len(ways):
            case 0:
                nodes[f"n{number}"] = End(text=text, outcome=draw(st.sampled_from(["resolved", "escalate"])))
            case 1:
                nodes[f"n{number}"] = Action(text=text, to=f"n{ways[0]}")
            case _:
                choices = tuple(Choice(label=f"{draw(TEXTS)} {way}", to=f"n{to}") for way, to in enumerate(ways))
                nodes[f"n{number}"] = Decision(text=text, choices=choices)
    tree = Tree(id="x", title="x", start="n0", nodes=nodes)
    return tree, walk(tree, draw(st.lists(st.integers(0, 2), max_size=12)))


def walk(tree: Tree, turns: list[int]) -> list[Turn]:
    path: list[Turn] = []
    here = tree.start
    for turn in turns:
        if ways := exits(tree.nodes[here]):
            way = ways[turn % len(ways)]
            path.append(Turn(node=here, label=way.label, to=way.to))
            here = way.to
    return path


def without_guides(lines: list[Line]) -> str:
    return " ".join(text for line in lines for text, style in line.spans if style != "guide")


@given(drawn_trees(), st.integers(24, 120), st.booleans())
def test_no_line_is_wider_than_the_terminal(drawn: tuple[Tree, list[Turn]], width: int, unicode: bool) -> None:
    tree, path = drawn
    position = path[-1].to if path else None
    out = {name for answer in ruled_out(tree, path) for name in answer.ends}
    for line in draw(tree, width=width, position=position, path=path, ruled_out=out, unicode=unicode):
        assert columns(line.text) <= width
        assert line.text == line.text.rstrip() and "\x1b" not in line.text and "\n" not in line.text


@pytest.mark.slow
@given(drawn_trees(), st.sampled_from([40, 200]))
def test_every_question_and_action_is_drawn_exactly_once(drawn: tuple[Tree, list[Turn]], width: int) -> None:
    tree, path = drawn
    position = path[-1].to if path else None
    text = without_guides(draw(tree, width=width, position=position, path=path))
    for number, node in enumerate(tree.nodes.values()):
        if not isinstance(node, End):
            assert text.count(f"<{number}>") == 1


@given(drawn_trees())
def test_the_position_is_marked_exactly_once_and_everything_ahead_of_it_is_shown(
    drawn: tuple[Tree, list[Turn]],
) -> None:
    tree, path = drawn
    position = path[-1].to if path else tree.start
    out = {name for answer in ruled_out(tree, path) for name in answer.ends}
    lines = draw(tree, width=60, position=position, path=path, ruled_out=out)
    assert without_guides(lines).count("◀ you are here") == 1
    assert all(f"<{name[1:]}>" in without_guides(lines) for name in distances(tree, position))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_fits_80_columns_and_can_be_drawn_in_ascii(path: Path) -> None:
    tree = load_tree(path)
    assert max(columns(line.text) for line in draw(tree, width=80)) <= 80
    turns = walk(tree, random.Random(809).choices(range(5), k=6))
    lines = draw(tree, width=80, position=turns[-1].to, path=turns, unicode=False)
    assert "".join(node.text for node in tree.nodes.values()).isascii() <= shown(lines).isascii()


def test_the_docs_show_the_drawing_as_it_is() -> None:
    doc = (ROOT / "docs" / "tree-format.md").read_text(encoding="utf-8")
    tree = re.findall(r"^```toml\n(.*?)^```", doc, re.MULTILINE | re.DOTALL)[0]
    drawing = shown(draw(read_tree(Path("vpn.toml"), data=tree.encode()).require(), width=80))
    assert f"```\n{drawing}```" in doc


# Columns


@given(st.lists(st.text(alphabet="ab日👍", min_size=1)), st.integers(2, 20), st.integers(2, 20))
def test_wrapping_loses_nothing_and_fits(words: list[str], first: int, rest: int) -> None:
    lines = wrap([(word, "x") for word in words], first, rest)
    assert "".join(word for line in lines for word, _ in line) == "".join(words)
    for number, line in enumerate(lines):
        assert columns(" ".join(word for word, _ in line)) <= (rest if number else first)


def test_words_that_fit_are_never_cut() -> None:
    lines = wrap([(word, None) for word in "Is the spooler service running now?".split()], 10, 8)
    assert [" ".join(word for word, _ in line) for line in lines] == ["Is the", "spooler", "service", "running", "now?"]


def test_the_way_out_of_a_decision_with_one_exit_is_marked_though_it_was_left_like_an_action() -> None:
    tree = Tree(
        id="modem",
        title="Modem",
        start="lamp",
        nodes={
            "lamp": Decision(text="Is the lamp on?", choices=(Choice(label="It is", to="call"),)),
            "call": End(text="Call the provider", outcome="escalate"),
        },
    )
    taken = draw(tree, width=60, position="call", path=[Turn(node="lamp", label="", to="call")])
    untaken = draw(tree, width=60, position="call")
    assert [line.text for line in taken] != [line.text for line in untaken]
