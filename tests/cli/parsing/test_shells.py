"""Completion in real shells: Tab is pressed, and the shell evaluates no text of a session, a tree or a project."""

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from support.core.foreign_trees import put_tree
from support.needs import need
from support.nightly import NIGHTLY
from support.program import Program
from support.shells import TAB, Shell, with_completion

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells"),
    pytest.mark.timeout(180),
]

TOUCH = "touch EVALUATED"
LABEL_BY_BEGINNING = {
    "aa": f"aa $({TOUCH})",
    "bb": f"bb `{TOUCH}`",
    "cc": "cc ends in \\",
    "dd": f"dd; {TOUCH}",
    "ee": f"ee \\$({TOUCH})",
    "ff": f"ff 'a' \"b\" && {TOUCH} &",
    "gg": "gg !! !$ !touch 100% %F{red} %{x%}",
    "hh": f"hh x:y=z @q #c (e:'{TOUCH}':)",
    "ii": f"ii {{a,b}}*?[c]^~ | {TOUCH} > EVALUATED < x",
    "jj": "jj café → 🖨\u00a0end",
    "kk": f"kk'; {TOUCH}; '",
    "ll": f'll"; {TOUCH}; "',
    "mm": f"mm\\'; {TOUCH}; '",
    "oo": "oo!",
    "nn": f"nn)) ]] ${{x}} $(({TOUCH}",
}
BARE = [("", beginning) for beginning in LABEL_BY_BEGINNING]
SINGLE = [("'", beginning) for beginning in ("cc", "gg", "kk", "mm")]
DOUBLE = [('"', beginning) for beginning in ("aa", "bb", "cc", "ee", "gg", "ll", "oo")]
QUOTED = list(product(("", "'", '"'), LABEL_BY_BEGINNING)) if NIGHTLY else [*BARE, *SINGLE, *DOUBLE]
"""Each label without quotes; within quotes, what has a meaning there, or ends them."""
PERSON = f"Zed $({TOUCH}) `{TOUCH}`; {TOUCH}"
TREE = f"yak-$({TOUCH});{TOUCH}`{TOUCH}`"
TITLE = f"A \\$({TOUCH}) `{TOUCH}` %F{{red}} [bold] [/x] \\"
CUSTOMER = f"Leeds; $({TOUCH})"


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with TemporaryDirectory(prefix="rflow-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def ana(home: Path) -> Program:
    """Ana, whose store is full of texts that a careless shell would run."""
    store = home / "work.db"
    put_tree(store, TREE, TITLE, list(LABEL_BY_BEGINNING.values()))
    me = Program(home, store=str(store))
    me.start("--title", "To hand off")
    me.ok("handoff", PERSON, "--new-user")
    me.start(TREE, "--title", TITLE, "--customer", CUSTOMER)
    return me


@pytest.fixture(scope="module", params=["bash", "zsh", "fish"])
def shell(request: pytest.FixtureRequest, ana: Program) -> Iterator[Shell]:
    need(request.param)
    folder = ana.home / f"work-{request.param}"
    templates = folder / ".rflow" / "templates"
    templates.mkdir(parents=True)
    (templates / f"evil-$({TOUCH}).md.j2").write_text(f"{{# $({TOUCH}) #}}")
    opened = Shell(request.param, with_completion(request.param, ana), folder)
    yield opened
    opened.end()


@pytest.fixture(autouse=True)
def nothing_is_evaluated(shell: Shell) -> Iterator[None]:
    """No test may leave the file that all these texts would make."""
    yield
    assert [path.name for path in shell.folder.iterdir()] == [".rflow"]


@pytest.mark.parametrize(("quote", "beginning"), QUOTED)
def test_a_label_lands_on_the_line_as_a_text(quote: str, beginning: str, shell: Shell) -> None:
    assert shell.arguments(f"rflow choose {quote}{beginning}{TAB}") == ["choose", LABEL_BY_BEGINNING[beginning]]


def test_what_lands_on_the_line_is_quoted(shell: Shell) -> None:
    assert shell.line(f"rflow choose aa{TAB}").rstrip() == r"rflow choose aa\ \$\(touch\ EVALUATED\)"
    assert shell.line(f"rflow choose 'aa{TAB}").rstrip() == f"rflow choose 'aa $({TOUCH})'"
    assert shell.line(f"rflow choose dd{TAB}").rstrip() == r"rflow choose dd\;\ touch\ EVALUATED"


def test_a_label_is_completed_from_the_middle_of_it(shell: Shell) -> None:
    assert shell.arguments(f"rflow choose hh\\ x:{TAB}") == ["choose", LABEL_BY_BEGINNING["hh"]]
    assert shell.arguments(f"rflow choose 'hh x:y={TAB}") == ["choose", LABEL_BY_BEGINNING["hh"]]
    assert shell.arguments(f"rflow choose aa\\ \\${TAB}") == ["choose", LABEL_BY_BEGINNING["aa"]]


def test_people_and_trees_land_as_texts(shell: Shell) -> None:
    assert shell.arguments(f"rflow handoff Z{TAB}") == ["handoff", PERSON]
    assert shell.arguments(f"rflow list --owner Z{TAB}") == ["list", "--owner", PERSON]
    assert shell.arguments(f"rflow list --owner=Z{TAB}") == ["list", f"--owner={PERSON}"]
    assert shell.arguments(f"rflow tree show y{TAB}") == ["tree", "show", TREE]
    assert shell.arguments(f'rflow --user "Ana Ruiz" start y{TAB}') == ["--user", "Ana Ruiz", "start", TREE]


def test_a_title_is_only_shown(shell: Shell, ana: Program) -> None:
    codes = [head["code"] for head in ana.json("list", "--all", "--json")]
    shell.press(f"rflow show {TAB}{TAB}{TAB}")  # bash lists after a key that adds nothing: codes may begin alike
    shell.until(lambda: all(code.encode() in shell.seen for code in codes), "the codes")
    if shell.name != "bash":  # which shows no meanings
        shell.until(lambda: b"%F{red} [bold] [/x]" in shell.seen, "the title as it is written")
    shell.clear()
    assert shell.arguments(f"rflow show {codes[0][:6]}{TAB}") == ["show", codes[0]]
    assert shell.arguments(f"rflow --session={codes[0][:6]}{TAB}") == [f"--session={codes[0]}"]


def test_several_labels_are_listed_and_nothing_else_happens(shell: Shell) -> None:
    shell.press(f"rflow choose {TAB}{TAB}")
    shell.until(lambda: b"jj" in shell.seen and b"nn" in shell.seen, "the labels")
    shell.clear()


def test_an_untrusted_project_offers_nothing(shell: Shell) -> None:
    assert shell.line(f"rflow progress -f evil{TAB}").rstrip() == "rflow progress -f evil"
    assert shell.arguments(f"rflow progress -f mark{TAB}") == ["progress", "-f", "markdown"]
    assert shell.arguments(f"rflow progress --format=mark{TAB}") == ["progress", "--format=markdown"]


def test_commands_and_options_are_completed(shell: Shell) -> None:
    assert shell.arguments(f"rflow dem{TAB}") == ["demo"]
    assert shell.arguments(f"rflow progress --cop{TAB}") == ["progress", "--copy"]


def test_files_are_completed_where_rflow_has_nothing_to_offer(shell: Shell) -> None:
    assert shell.arguments(f"rflow attach .rfl{TAB}")[1].rstrip("/") == ".rflow"
