"""Settings: flag, then environment, then file, then default, and each knows where its value came from."""

import getpass
import tomllib
from pathlib import Path

import pytest

from rflow.errors import BadInput, UsageProblem
from rflow.settings import SETTINGS, Folders, folders, load_settings, write_setting
from rflow.whole_files import write_own_file
from support.program import Program


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def where(tmp_path: Path) -> Folders:
    return Folders(config_file=str(tmp_path / "config.toml"), data=str(tmp_path), state=str(tmp_path))


def file_of(me: Program) -> Path:
    return me.home / "config" / "rflow" / "config.toml"


def origin(me: Program, name: str, *words: str, **environ: str) -> tuple[object, str]:
    listed = me.ok(*words, "config", "list", "--json", **environ).json
    return next((entry["value"], entry["origin"]) for entry in listed if entry["name"] == name)


def test_flag_then_environment_then_file_then_default(ana: Program) -> None:
    me = ana.at(user="")
    assert origin(me, "user.name")[1] == "default"
    me.ok("config", "set", "user.name", "Ana of the file")
    assert origin(me, "user.name") == ("Ana of the file", "file")
    assert origin(me, "user.name", RFLOW_USER="Ana of the shell") == ("Ana of the shell", "environment")
    assert origin(me, "user.name", "--user", "Ana of the flag", RFLOW_USER="Ana of the shell") == (
        "Ana of the flag",
        "flag",
    )
    assert me.ok("config", "get", "user.name").out == "Ana of the file\n"
    assert me.ok("start", "--title", "The till in Leeds is slow").out.splitlines()[1] == "  owner Ana of the file"


def test_the_default_store_lies_in_the_users_data_folder(ana: Program) -> None:
    path = (ana.home / "data" / "rflow" / "rflow.db").as_posix()
    assert origin(ana, "store") == (f"sqlite:///{path}", "default")
    ana.start("--title", "The till in Leeds is slow")
    assert Path(path).stat().st_mode & 0o077 == 0


def test_every_setting_is_listed_with_its_meaning_and_its_variable(ana: Program) -> None:
    listed = ana.ok("config", "list").out
    for setting in SETTINGS.values():
        assert f"\n{setting.name} = " in f"\n{listed}"
        assert setting.variable in listed
    assert "redact.patterns = (not set)  [default]" in listed


def test_an_empty_value_is_none(ana: Program) -> None:
    file_of(ana).parent.mkdir(parents=True)
    file_of(ana).write_text('progress.format = ""\n')
    assert origin(ana, "progress.format") == ("markdown", "default")
    assert origin(ana, "progress.format", RFLOW_FORMAT="") == ("markdown", "default")


def test_setting_and_taking_out(ana: Program) -> None:
    told = ana.ok("config", "set", "progress.format", "slack")
    assert told == (0, "", f"progress.format set in {file_of(ana)}.\n")
    assert ana.ok("config", "path").out == f"{file_of(ana)}\n"
    assert file_of(ana).stat().st_mode & 0o777 == 0o600
    assert ana.ok("config", "unset", "progress.format").err == f"progress.format removed in {file_of(ana)}.\n"
    assert origin(ana, "progress.format") == ("markdown", "default")


def test_where_something_goes_before_the_file_that_is_said(ana: Program) -> None:
    assert ana.ok("config", "set", "user.name", "Ben").err.endswith(
        "Note: for now the environment overrides the file.\n"
    )


def test_a_name_of_two_words_needs_no_quotes_and_patterns_stay_apart(ana: Program) -> None:
    me = ana.at(user="")
    me.ok("config", "set", "user.name", "Ana", "Ruiz")
    me.ok("config", "set", "redact.patterns", r"\d{4}-\d{4}", "door code")
    assert tomllib.loads(file_of(me).read_text()) == {
        "user": {"name": "Ana Ruiz"},
        "redact": {"patterns": [r"\d{4}-\d{4}", "door code"]},
    }
    assert me.ok("config", "get", "redact.patterns").out == "\\d{4}-\\d{4}\ndoor code\n"
    assert origin(me, "redact.patterns", RFLOW_REDACT_PATTERNS="a\nb") == (["a", "b"], "environment")


def test_a_store_is_set_as_the_same_one_from_every_folder(ana: Program) -> None:
    (ana.home / "shifts").mkdir()
    me = ana.at(cwd=ana.home / "shifts")
    me.ok("config", "set", "store", "work.db")
    me.start("--title", "The till in Leeds is slow")
    assert "The till in Leeds is slow" in ana.at(cwd=ana.home).ok("list").out
    assert (ana.home / "shifts" / "work.db").exists()
    assert "There is no kind of store called 'ftp'." in me.refused(2, "config", "set", "store", "ftp://leeds")


def test_what_it_does_not_know_stays_in_the_file(ana: Program) -> None:
    file_of(ana).parent.mkdir(parents=True)
    file_of(ana).write_text('[share]\nbase_url = "https://rflow.example"\n[user]\nname = "Ana"\n')
    ana.ok("config", "set", "user.name", "Ben")
    assert tomllib.loads(file_of(ana).read_text()) == {
        "share": {"base_url": "https://rflow.example"},
        "user": {"name": "Ben"},
    }


def test_a_link_to_the_file_stays_a_link(ana: Program) -> None:
    """Dotfiles are often kept elsewhere."""
    file_of(ana).parent.mkdir(parents=True)
    (ana.home / "dotfile").write_text("")
    file_of(ana).symlink_to(ana.home / "dotfile")
    ana.ok("config", "set", "progress.format", "text")
    assert file_of(ana).is_symlink()
    assert "text" in (ana.home / "dotfile").read_text()


def test_another_file_may_be_named(ana: Program) -> None:
    other = ana.home / "other.toml"
    ana.ok("--config", str(other), "config", "set", "progress.format", "teams")
    assert origin(ana, "progress.format", "--config", str(other)) == ("teams", "file")
    assert origin(ana, "progress.format", RFLOW_CONFIG=str(other)) == ("teams", "file")
    assert origin(ana, "progress.format") == ("markdown", "default")


BROKEN = {
    "user = [": "is not valid TOML",
    "\xff": "it is not UTF-8",
    "[user]\nname = 7": "user.name is neither a text nor a list of texts.",
    'user.name = ["Ana", "Ben"]': "user.name is a list, but must be a single text.",
    "redact.patterns = [1]": "redact.patterns is neither a text nor a list of texts.",
}


@pytest.mark.parametrize("text", BROKEN, ids=repr)
def test_every_command_reports_a_broken_file_and_none_overwrites_it(text: str, ana: Program) -> None:
    file_of(ana).parent.mkdir(parents=True)
    file_of(ana).write_bytes(text.encode("latin-1"))
    for words in ((), ("list",), ("note", "x"), ("config", "list"), ("config", "set", "progress.format", "text")):
        error = ana.at(user="").refused(6, *words)
        assert str(file_of(ana)) in error
        assert BROKEN[text] in error
    assert file_of(ana).read_bytes() == text.encode("latin-1")
    assert ana.ok("--help").out
    assert ana.ok("--version").out.startswith("rflow ")


def test_an_invalid_pattern_or_format_in_the_file_is_reported_on_use(ana: Program) -> None:
    ana.start("--title", "The till in Leeds is slow")
    file_of(ana).parent.mkdir(parents=True)
    file_of(ana).write_text('progress.format = "xml"\nredact.patterns = ["("]\n')
    assert 'There is no format "xml"' in ana.refused(2, "progress")
    assert "is not a regular expression" in ana.refused(2, "progress", "-f", "text")
    ana.ok("note", "it still takes notes")
    ana.ok("config", "unset", "redact.patterns")
    ana.ok("config", "unset", "progress.format")
    ana.ok("progress")


def test_a_folder_in_the_place_of_a_file_is_reported(ana: Program) -> None:
    file_of(ana).mkdir(parents=True)
    assert "can't be read: Is a directory." in ana.refused(6, "list")


def test_a_file_that_cannot_be_written_is_reported(ana: Program) -> None:
    folder = file_of(ana).parent
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    try:
        error = ana.with_limited_permissions().refused(6, "config", "set", "progress.format", "text")
    finally:
        folder.chmod(0o700)
    assert "can't be written: Permission denied." in error


def test_the_login_names_the_user_unless_there_is_none(where: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings({}, where, {"LOGNAME": "ana", "USER": "ben"})["user.name"].text == "ana"
    assert load_settings({}, where, {"USERNAME": "ana"})["user.name"].text == "ana"

    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert load_settings({}, where, {})["user.name"].text == "someone"


def test_home_is_understood_in_the_files_name() -> None:
    assert folders("~/rflow.toml", {}).config_file == Path("~/rflow.toml").expanduser()
    assert folders(None, {"RFLOW_CONFIG": "/etc/rflow.toml"}).config_file == Path("/etc/rflow.toml")


def test_a_table_in_the_place_of_a_text_is_reported(where: Folders) -> None:
    where.config_file.write_text('user = "Ana"\n')
    with pytest.raises(BadInput, match="user is not a table"):
        write_setting(where.config_file, "user.name", ("Ben",))
    with pytest.raises(UsageProblem, match='There is no setting "usr"'):
        write_setting(where.config_file, "usr", ("Ben",))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_own_file(path, b"one")
    write_own_file(path, b"two")
    assert path.read_bytes() == b"two"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        write_own_file(tmp_path / "folder", b"three")
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == ["file", "folder", "new"]
