"""From a laptop to the team: what one person recorded alone becomes theirs in the team's store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.program import Program
from support.web.team_server import TeamServer, team_at


@pytest.fixture
def laptop(tmp_path: Path) -> Program:
    """Ben's own store, in which he calls himself "ben"; Sam has worked on his session too."""
    home = tmp_path / "laptop"
    home.mkdir()
    return Program(home, user="ben").with_tree()


def session_of(laptop: Program) -> str:
    code = laptop.start()
    laptop.ok("choose", "Red, steady")
    laptop.ok("note", "The lamp is red")
    laptop.at(user="Sam", terminal="other").ok("-s", code, "note", "I saw that yesterday")
    laptop.ok("attach", "-", stdin="E42 ribbon\n")
    laptop.ok("question", "@tier2", "Who has ribbons?")
    return code


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TeamServer:
    made = team_at(tmp_path_factory.mktemp("server"))
    made.root.ok("space", "add", "Leeds")
    made.root.ok("space", "members", "Leeds", "--add", "Ben Okafor", "--role", "member")
    return made


@pytest.fixture(scope="module")
def team(made: TeamServer) -> Iterator[TeamServer]:
    with made.running():
        yield made


@pytest.mark.slow
def test_an_import_as_mine_is_mine_and_others_are_names_that_nobody_vouches_for(
    team: TeamServer, laptop: Program
) -> None:
    code = session_of(laptop)
    file = str(laptop.home / "session.jsonl")
    laptop.ok("export", code, "-o", file)
    before = laptop.show(code)
    there = laptop.at(store=team.url, environ={"RFLOW_TOKEN": team.tokens["Ben Okafor"]})
    said = there.ok("import", file, "--as-mine", "--space", "Leeds").err
    assert "It is yours." in said
    new = said.split()[0]
    shown = there.show(new)
    assert (shown["owner"]["name"], shown["status"]) == ("Ben Okafor", "open")
    assert [(note["by"]["name"], note["text"]) for note in shown["notes"]] == [
        ("Ben Okafor", "The lamp is red"),
        ("Sam (imported)", "I saw that yesterday"),
    ]
    assert shown["notes"][1]["by"]["id"] == "#sam"
    assert there.ok("show", new, "--evidence", str(shown["evidence"][0]["seq"])).out == "E42 ribbon\n"
    assert "Reseat the ribbon" in there.ok("resume", new).out
    there.ok("done", "Reseated")
    assert laptop.show(code) == before
    assert "nothing new" in there.ok("import", file, "--as-mine", "--space", "Leeds").err
    assert "--as-mine" in there.refused(2, "import", file, "--space", "Leeds")
    assert "no space" in there.refused(3, "import", file, "--as-mine", "--space", "York")


@pytest.mark.slow
def test_a_session_of_somebody_elses_is_taken_over_by_an_import_as_mine(team: TeamServer, laptop: Program) -> None:
    sam = laptop.at(user="Sam")
    code = sam.start("--title", "Till 3 is slow")
    sam.ok("note", "It is the cable")
    file = str(laptop.home / "session.jsonl")
    laptop.ok("export", code, "-o", file)
    there = laptop.at(store=team.url, environ={"RFLOW_TOKEN": team.tokens["Ben Okafor"]})
    new = there.ok("import", file, "--as-mine").err.split()[0]
    shown = there.show(new)
    assert (shown["owner"]["name"], shown["notes"][0]["by"]["name"]) == ("Ben Okafor", "Sam (imported)")


@pytest.mark.slow
def test_a_store_is_copied_with_a_map_of_people_and_stays_as_it_was(made: TeamServer, laptop: Program) -> None:
    code = session_of(laptop)
    laptop.at(user="Robin", terminal="third").ok("-s", code, "step", "Looked at it")
    before = laptop.show(code)
    map_, source = laptop.home / "map.toml", laptop.ok("store", "info").out.split("sqlite://")[1].split()[0]
    map_.write_text('"ben" = "Ben Okafor"\nsam = "Cleo"\n', "utf-8")
    root = made.root
    copied = root.ok("store", "copy", source, root.store, "--people", str(map_)).err
    assert "sessions: 1 new" in copied and "Kept as unverified names: Robin." in copied
    shown = root.show(code)
    assert shown["owner"] == {"id": "ben okafor", "name": "Ben Okafor"}
    assert [note["by"]["name"] for note in shown["notes"]] == ["Ben Okafor", "Cleo"]
    assert shown["steps"][-1]["by"]["name"] == "Robin (imported)"
    assert laptop.show(code) == before
    laptop.ok("-s", code, "note", "One more")
    assert "1 continued" in root.ok("store", "copy", source, root.store, "--people", str(map_)).err
    assert root.show(code)["notes"][-1]["text"] == "One more"
    assert root.ok("store", "check").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('ben = "Ben Okafer"', 'no account "Ben Okafer" in the target; did you mean "Ben Okafor"?'),
        ('ben = "Nobody at all"', "rflow user list"),
        ("ben = 3", "in quotes"),
        ("ben = ", "is not TOML"),
        ("", "names nobody"),
        ('"@tier2" = "Cleo"', "name of a person"),
    ],
)
def test_a_map_that_is_wrong_copies_nothing_and_says_what_to_write(
    text: str, said: str, made: TeamServer, laptop: Program
) -> None:
    code = laptop.start("--title", "x")
    source = laptop.ok("store", "info").out.split("sqlite://")[1].split()[0]
    map_ = laptop.home / "map.toml"
    map_.write_text(text, "utf-8")
    refused = made.root.refused(6, "store", "copy", source, made.root.store, "--people", str(map_))
    assert said in refused
    made.root.refused(3, "show", code)
    assert "can't be read" in made.root.refused(6, "store", "copy", source, made.root.store, "--people", "no.toml")


def test_a_store_with_accounts_has_no_need_of_a_map(made: TeamServer, tmp_path: Path) -> None:
    map_ = tmp_path / "map.toml"
    map_.write_text('ben = "Ben"', "utf-8")
    root = made.root
    said = root.refused(2, "store", "copy", root.store, str(tmp_path / "new.db"), "--people", str(map_))
    assert "Leave --people out" in said
