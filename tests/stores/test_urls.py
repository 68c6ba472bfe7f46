"""How stores are named, and what is imported to open one."""

import subprocess
import sys
from pathlib import Path

import pytest

from rflow.core.session.head import Query
from rflow.errors import Exit, RflowError, StoreProblem, UsageProblem
from rflow.stores import normal_url, open_store
from rflow.stores.sqlite.store import SqliteStore
from support.stores.stories import session, short_story


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, which is also home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("sqlite:///srv/rflow/work.db", "sqlite:///srv/rflow/work.db"),
        ("sqlite:////srv/rflow/work.db", "sqlite:///srv/rflow/work.db"),
        ("SQLite:///srv/./rflow/../work.db", "sqlite:///srv/work.db"),
        ("sqlite:///./work.db", "sqlite://HERE/work.db"),
        ("sqlite:///../work.db", "sqlite://ABOVE/work.db"),
        ("sqlite:work.db", "sqlite://HERE/work.db"),
        ("sqlite:/srv/work", "sqlite:///srv/work"),
        ("sqlite:///~/work.db", "sqlite://HERE/work.db"),
        ("json:shifts", "json:HERE/shifts"),
        ("json:/srv/shifts/", "json:/srv/shifts"),
        ("json:///srv/shifts", "json:/srv/shifts"),
        ("json:~/shifts", "json:HERE/shifts"),
        ("json:.", "json:HERE"),
        ("work.db", "sqlite://HERE/work.db"),
        ("a b/work.SQLITE.sqlite3", "sqlite://HERE/a b/work.SQLITE.sqlite3"),
        ("shifts", "json:HERE/shifts"),
        ("./shifts", "json:HERE/shifts"),
        ("/srv/100%?#shifts", "json:/srv/100%?#shifts"),
        ("memory:", "memory:"),
        ("memory:leeds", "memory:leeds"),
    ],
)
def test_a_store_has_one_normal_name(url: str, normal: str, here: Path) -> None:
    wanted = normal.replace("HERE", str(here)).replace("ABOVE", str(here.parent))
    assert normal_url(url) == wanted
    assert normal_url(wanted) == wanted
    store = open_store(url)
    assert store.url == wanted or wanted == "memory:"
    store.close()
    assert list(here.iterdir()) == []


def test_a_relative_path_of_a_sqlite_store_starts_from_the_folder_it_was_opened_in(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore("work.db")
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    story = short_story("The till is slow")
    store.create(session("01", "K7QM-2F", story), story, {})
    assert [head.title for head in store.heads(Query()).heads] == ["The till is slow"]
    assert store.url == f"sqlite://{here}/work.db"
    store.close()
    assert sorted(path.name for path in here.iterdir()) == ["elsewhere", "work.db"]


def test_a_path_means_what_is_there(here: Path) -> None:
    (here / "folder.db").mkdir()
    (here / "renamed").write_bytes(b"SQLite format 3\0 and so on")
    (here / "diary").write_text("Dear diary")
    assert normal_url("folder.db") == f"json:{here}/folder.db"
    assert normal_url("renamed") == f"sqlite://{here}/renamed"
    with pytest.raises(StoreProblem, match="not an rflow store"):
        open_store("diary")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgres+psycopg://ana:hunter2@db/rflow", "no kind of store called 'postgres+psycopg'"),
        ("https://ana:hunter2@rflow.example", "That is the address of a server, not of a store."),
        ("mysql://ana:hunter2@db/rflow", "no kind of store called 'mysql'"),
        ("sqlite:", "path is missing"),
        ("sqlite:///", "path is missing"),
        ("json:", "path is missing"),
        ("", "has no name"),
        ("  ", "has no name"),
        ("json:a\0b", "has no name"),
    ],
)
def test_an_invalid_store_is_refused_with_a_sentence_that_hides_passwords(url: str, sentence: str) -> None:
    for call in (open_store, normal_url):
        with pytest.raises(UsageProblem) as caught:
            call(url)
        assert sentence in str(caught.value)
        assert "hunter2" not in str(caught.value)
        assert "A store is sqlite:///PATH" in caught.value.try_
        assert caught.value.exit_code == Exit.USAGE


@pytest.mark.parametrize(
    "url", ["sqlite:caf\udce9.db", "json:caf\udce9", "caf\udce9.db", "caf\udce9", "/caf\udce9/work.db"]
)
def test_a_path_that_is_not_text_is_refused_before_anything_is_created(url: str, here: Path) -> None:
    for call in (open_store, normal_url):
        with pytest.raises(UsageProblem, match="path is not text in UTF-8"):
            call(url)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite:work.db", "json:shifts"])
def test_a_store_that_must_be_there_is_missed(url: str, here: Path) -> None:
    with pytest.raises(RflowError, match="There is no store at"):
        open_store(url, create=False)
    assert list(here.iterdir()) == []


def test_a_named_store_in_memory_is_the_same_one_again() -> None:
    assert open_store("memory:leeds") is open_store("memory:leeds")
    assert open_store("memory:") is not open_store("memory:")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import rflow.stores", ("sqlite3", "psycopg", "msgspec", "fcntl", "rflow.core")),
        (
            "import rflow.stores as s; s.open_store('sqlite:x.db').people()",
            ("json", "shutil", "tempfile", "yaml", "rich"),
        ),
        (
            "import rflow.stores as s; s.open_store('json:x').people()",
            ("sqlite3", "shutil", "tempfile", "yaml", "rich"),
        ),
        ("import rflow.stores as s; s.open_store('memory:').people()", ("sqlite3", "fcntl", "shutil")),
    ],
)
def test_opening_a_store_imports_only_what_it_needs(code: str, absent: tuple[str, ...]) -> None:
    shown = f"import sys; {code}; print([name for name in {absent!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-I", "-c", shown], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
