"""What a tree says about the way ahead, compared with walking every way by hand."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.tree.graph import Remaining, RuledOut, Turn, distances, outline, remaining, ruled_out
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree, exits
from support.core.builders import PRINTER, decision, tree_of

NAMES = "abcdefg"


def nodes(*, gaps: bool) -> st.SearchStrategy[Node]:
    """Make nodes that lead anywhere in a small tree; with `gaps` also to nodes that are not there."""
    to = st.sampled_from([*NAMES, "nowhere"] if gaps else NAMES)
    ways = st.lists(to, min_size=0 if gaps else 1, max_size=3)
    asked = ways.map(lambda names: [Choice(label=f"answer {n}", to=name) for n, name in enumerate(names)])
    return st.one_of(
        st.builds(End, text=st.just("end"), outcome=st.sampled_from(["resolved", "escalate"])),
        st.builds(Action, text=st.just("do"), to=to),
        asked.map(lambda choices: Decision(text="ask", choices=tuple(choices))),
    )


def trees(*, gaps: bool = True) -> st.SearchStrategy[Tree]:
    """Make small trees with loops, joins, dead ends and parts that nothing leads to."""
    found = st.lists(nodes(gaps=gaps), min_size=len(NAMES), max_size=len(NAMES))
    return found.map(lambda made: tree_of(dict(zip(NAMES, made, strict=True))))


def walks(tree: Tree, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Walk every way on from `path` until it ends, or comes to where it has been: (way, whether it came round)."""
    here = tree.nodes[path[-1]]
    ways = {way.to for way in exits(here) if way.to in tree.nodes}
    if not ways:
        yield path, False
    for to in ways:
        if to in path:
            yield (*path, to), True
        else:
            yield from walks(tree, (*path, to))


def by_hand(tree: Tree, start: str) -> tuple[int | None, int | None, bool, set[str]]:
    """Count fewest and most steps, loops and ends by enumerating every way."""
    ways = list(walks(tree, (start,)))
    ended = [way for way, round_ in ways if not round_ and isinstance(tree.nodes[way[-1]], End)]
    loops = any(round_ for _, round_ in ways)
    lengths = [len(way) - 1 for way in ended]
    most = max(lengths, default=None) if not loops else None
    return min(lengths, default=None), most, loops, {way[-1] for way in ended}


def test_the_printer_is_at_least_two_and_at_most_four_steps_from_an_end_once_it_has_power() -> None:
    assert remaining(PRINTER, "paper") == Remaining(fewest=2, most=4, loops=False, ends=("wifi", "solved", "vendor"))


def test_there_is_no_most_while_it_can_still_be_switched_on_over_and_over() -> None:
    found = remaining(PRINTER, "power")
    assert (found.fewest, found.most, found.loops) == (3, None, True)


def test_a_loop_behind_counts_no_more() -> None:
    assert not remaining(PRINTER, "paper").loops


def test_at_an_end_nothing_remains() -> None:
    assert remaining(PRINTER, "solved") == Remaining(fewest=0, most=0, loops=False, ends=("solved",))


def test_where_no_end_can_be_reached_there_is_neither_fewest_nor_most() -> None:
    tree = tree_of({"ring": Action(text="Ring the helpdesk", to="hold"), "hold": Action(text="Hold", to="ring")})
    assert remaining(tree, "ring") == Remaining(fewest=None, most=None, loops=True, ends=())


def test_a_dead_end_is_no_end_and_the_longest_way_into_it_does_not_count() -> None:
    tree = tree_of(
        {
            "ask": decision("Which tray?", One="pull", Two="done"),
            "pull": Action(text="Pull it", to="push"),
            "push": Action(text="Push it", to="gone"),
            "done": End(text="Fine", outcome="resolved"),
        }
    )
    assert remaining(tree, "ask") == Remaining(fewest=1, most=1, loops=False, ends=("done",))


def test_a_place_that_the_tree_does_not_have_leads_nowhere() -> None:
    assert remaining(PRINTER, "fax") == Remaining(fewest=None, most=None, loops=False, ends=())
    assert outline(PRINTER, "fax", 3) == []


@given(trees(), st.sampled_from(NAMES))
def test_remaining_is_what_walking_every_way_finds(tree: Tree, start: str) -> None:
    found = remaining(tree, start)
    assert (found.fewest, found.most, found.loops, set(found.ends)) == by_hand(tree, start)


@given(trees(), st.sampled_from(NAMES))
def test_ends_come_nearest_first_and_once(tree: Tree, start: str) -> None:
    found = remaining(tree, start)
    ends = found.ends
    steps = [distances(tree, start)[end] for end in ends]
    assert len(set(ends)) == len(ends)
    assert steps == sorted(steps)
    assert found.fewest == next(iter(steps), None)


def chain(length: int) -> Tree:
    """One action after another, then an end."""
    steps: dict[str, Node] = {f"n{n}": Action(text=f"Step {n}", to=f"n{n + 1}") for n in range(length)}
    return tree_of({**steps, f"n{length}": End(text="At last", outcome="resolved")})


def ladder(rungs: int) -> Tree:
    """Two answers at every rung, both to the next one: 2 ** rungs ways, but few nodes. "skip" leaves a rung out."""
    steps: dict[str, Node] = {
        f"n{n}": decision(f"Rung {n}?", left=f"n{n + 1}", right=f"n{n + 1}", skip=f"n{min(n + 2, rungs)}")
        for n in range(rungs)
    }
    return tree_of({**steps, f"n{rungs}": End(text="At the top", outcome="resolved")})


@pytest.mark.slow
@pytest.mark.parametrize("length", [1_000, 50_000])
def test_a_chain_is_as_long_as_it_is(length: int) -> None:
    found = remaining(chain(length), "n0")
    assert (found.fewest, found.most, found.loops) == (length, length, False)


def test_a_ladder_of_a_thousand_rungs_is_counted_without_walking_its_ways() -> None:
    found = remaining(ladder(1_000), "n0")
    assert (found.fewest, found.most) == (500, 1_000)


def test_a_thousand_nodes_in_a_ring_loop() -> None:
    ring = chain(999)
    ring.nodes["n999"] = decision("Once more?", Yes="n0", No="out")
    ring.nodes["out"] = End(text="Out", outcome="resolved")
    assert remaining(ring, "n500") == Remaining(fewest=500, most=None, loops=True, ends=("out",))


def test_the_outline_shows_the_answers_in_their_order_with_where_they_lead() -> None:
    told = [(line.depth, line.label, line.text) for line in outline(PRINTER, "prints", 2)]
    assert told == [(1, "Yes", "It prints"), (1, "No", "Call the vendor")]


def test_the_outline_stops_at_the_depth_asked_for_and_says_what_it_cut() -> None:
    told = [(line.depth, line.node, line.cut) for line in outline(PRINTER, "paper", 2)]
    assert told == [
        (1, "clear-jam", False),
        (2, "prints", True),
        (1, "ping", False),
        (2, "queue", True),
        (2, "cable", True),
        (2, "wifi", False),
    ]
    assert outline(PRINTER, "paper", 0) == []


def test_what_is_shown_further_up_is_not_repeated() -> None:
    lines = outline(PRINTER, "power", 9)
    again = [(line.label, line.node) for line in lines if line.repeated]
    assert again == [("", "prints"), ("Yes now it is", "prints"), ("", "power")]


@given(trees(), st.sampled_from(NAMES))
def test_a_whole_outline_lists_each_way_out_once_below_its_node(tree: Tree, start: str) -> None:
    listed: list[tuple[str, str, str]] = []
    above = {0: start}
    for line in outline(tree, start, len(tree.nodes) + 1):
        listed.append((above[line.depth - 1], line.label, line.node))
        above[line.depth] = line.node
    ways = [
        (name, way.label, way.to)
        for name in distances(tree, start)
        for way in exits(tree.nodes[name])
        if way.to in tree.nodes
    ]
    assert sorted(listed) == sorted(ways)


@given(trees(), st.sampled_from(NAMES), st.integers(1, 4))
def test_an_outline_is_as_deep_as_asked_and_marks_just_what_it_leaves_out(tree: Tree, start: str, depth: int) -> None:
    lines = outline(tree, start, depth)
    opened = {start} | {line.node for line in lines if exits(tree.nodes[line.node]) and not (line.cut or line.repeated)}
    for line in lines:
        assert line.depth <= depth
        assert not line.cut or (line.depth == depth and exits(tree.nodes[line.node]))
        assert not line.repeated or line.node in opened


def test_the_outline_of_a_ladder_grows_with_its_nodes_not_with_its_ways() -> None:
    assert len(outline(ladder(1_000), "n0", 2_000)) == 3_000


# Ruled out


def turn(node: str, label: str, to: str, *, assumed: bool = False) -> Turn:
    """One move of a path."""
    return Turn(node=node, label=label, to=to, assumed=assumed)


def test_an_answer_rules_out_the_ends_that_it_leaves_behind() -> None:
    path = [turn("ping", "Now and then", "wifi")]
    assert ruled_out(PRINTER, path) == [
        RuledOut(node="ping", label="Now and then", ends=("solved", "vendor"), unconfirmed=False)
    ]


def test_each_end_is_named_with_the_answer_that_decided() -> None:
    path = [turn("power", "Yes", "paper"), turn("paper", "Yes", "clear-jam"), turn("clear-jam", "", "prints")]
    path.append(turn("prints", "No", "vendor"))
    assert [(told.node, told.ends) for told in ruled_out(PRINTER, path)] == [
        ("paper", ("wifi",)),
        ("prints", ("solved",)),
    ]


def test_an_answer_that_was_assumed_leaves_it_unconfirmed() -> None:
    path = [turn("paper", "Yes", "clear-jam", assumed=True), turn("clear-jam", "", "prints")]
    assert [(told.ends, told.unconfirmed) for told in ruled_out(PRINTER, path)] == [(("wifi",), True)]


def test_an_answer_after_which_every_end_can_still_be_reached_rules_out_nothing() -> None:
    round_trip = [turn("power", "No", "switch-on"), turn("switch-on", "", "power"), turn("power", "Yes", "paper")]
    assert ruled_out(PRINTER, round_trip) == []


def test_beginning_again_brings_back_what_had_been_ruled_out() -> None:
    path = [turn("ping", "Now and then", "wifi"), turn("power", "", "power")]
    assert ruled_out(PRINTER, path) == []


def test_after_beginning_again_the_later_answer_decided() -> None:
    path = [turn("ping", "Now and then", "wifi"), turn("paper", "", "paper"), turn("paper", "Yes", "clear-jam")]
    assert [(told.node, told.ends) for told in ruled_out(PRINTER, path)] == [("paper", ("wifi",))]


def test_a_move_that_the_tree_does_not_have_rules_out_nothing_by_itself() -> None:
    assert ruled_out(PRINTER, [turn("fax", "Yes", "telex")]) == []
    assert ruled_out(PRINTER, []) == []


def ruled_out_by_hand(tree: Tree, path: list[Turn]) -> list[RuledOut]:
    """An end is ruled out by the last move that gave it up, unless a later place has it in reach."""

    def reach(name: str) -> set[str]:
        found = {name} & tree.nodes.keys()
        while more := {way.to for seen in found for way in exits(tree.nodes[seen])} & tree.nodes.keys() - found:
            found |= more
        return {seen for seen in found if isinstance(tree.nodes[seen], End)}

    gone: dict[int, list[str]] = {}
    for end in tree.nodes:
        given_up = [n for n, move in enumerate(path) if end in reach(move.node) - reach(move.to)]
        if given_up and not any(end in reach(move.to) for move in path[given_up[-1] :]):
            gone.setdefault(given_up[-1], []).append(end)
    return [
        RuledOut(node=path[n].node, label=path[n].label, ends=tuple(gone[n]), unconfirmed=path[n].assumed)
        for n in sorted(gone)
    ]


@st.composite
def trees_and_paths(draw: st.DrawFn) -> tuple[Tree, list[Turn]]:
    """Walk a random tree, now and then beginning again elsewhere."""
    tree = draw(trees(gaps=False))
    here = draw(st.sampled_from(NAMES))
    path: list[Turn] = []
    for _ in range(draw(st.integers(0, 8))):
        ways = exits(tree.nodes[here])
        if not ways or draw(st.integers(0, 5)) == 0:
            here = draw(st.sampled_from(NAMES))
            path.append(turn(here, "", here))
        else:
            way = draw(st.sampled_from(ways))
            path.append(turn(here, way.label, way.to, assumed=draw(st.booleans())))
            here = way.to
    return tree, path


@given(trees_and_paths())
def test_ruled_out_is_what_the_definition_says(told: tuple[Tree, list[Turn]]) -> None:
    tree, path = told
    assert ruled_out(tree, path) == ruled_out_by_hand(tree, path)


@given(trees_and_paths())
def test_what_is_ruled_out_is_out_of_reach_of_where_the_path_stands(told: tuple[Tree, list[Turn]]) -> None:
    tree, path = told
    gone = [end for answer in ruled_out(tree, path) for end in answer.ends]
    assert len(set(gone)) == len(gone)
    assert not path or not set(gone) & set(remaining(tree, path[-1].to).ends)


def test_a_path_of_ten_thousand_moves_is_handled() -> None:
    tree = ladder(1_000)
    path = [turn(f"n{n % 1_000}", "left", f"n{n % 1_000 + 1}") for n in range(10_000)]
    assert ruled_out(tree, path) == []


def test_an_answer_such_as_not_known_rules_out_nothing() -> None:
    choices = (Choice(label="Yes", to="on"), Choice(label="Not known", to="off", rules_out=False))
    ends: dict[str, Node] = {name: End(text=name, outcome="escalate") for name in ("on", "off")}
    tree = tree_of({"power": Decision(text="Is it on?", choices=choices), **ends})
    assert ruled_out(tree, [Turn(node="power", label="Not known", to="off")]) == []
    [answer] = ruled_out(tree, [Turn(node="power", label="Yes", to="on")])
    assert answer.ends == ("off",)
