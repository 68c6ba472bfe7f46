"""What is loaded when somebody is stuck: `progress --copy` brings nothing along that it does not need."""

import subprocess
import sys

import pytest

from support.program import Program

# What the libraries load by themselves is theirs; the rest is rflow's own doing.
LIBRARIES = "import bisect, markupsafe, msgspec, sqlite3, json, subprocess, zlib"
RUN = "import sys; sys.argv = ['rflow', *sys.argv[1:]]; from rflow.cli.main import main; main()"
LIST = "import atexit, os, sys; atexit.register(lambda: open(os.environ['LISTED'], 'w').write(' '.join(sys.modules)))"

NEVER = (
    *("pydantic", "pydantic_core", "rich", "yaml", "tomli_w", "tomllib", "click", "pyperclip", "pygments"),
    *("psycopg", "httpx", "starlette", "uvicorn", "argon2", "authlib"),
    *("importlib.metadata", "importlib.resources", "asyncio", "multiprocessing", "concurrent", "email", "http", "ssl"),
    *("logging", "argparse", "getpass", "xml", "html", "csv", "zipfile", "secrets", "unittest", "urllib.request"),
)
OWN = (
    *(
        "rflow.trees",
        "rflow.service.interchange",
        "rflow.delivery.webhooks",
        "rflow.core.session.document",
        "rflow.core.tree.problems",
    ),
    *(
        "rflow.core.tree.document",
        "rflow.core.excerpt",
        "rflow.cli.display.text",
        "rflow.cli.display.status",
        "rflow.cli.times",
    ),
    *(
        "rflow.cli.display.tree",
        "rflow.capture",
        "rflow.cli.examples",
        "rflow.stores.mapped.store",
        "rflow.stores.folder.store",
    ),
    *(
        "rflow.formats.custom.find",
        "rflow.formats.custom.template",
        "rflow.formats.custom.sandbox",
        "rflow.formats.environment",
    ),
    *("rflow.stores.copy", "rflow.stores.checking", "rflow.stores.upgrades", "rflow.stores.sqlite.check"),
    *("rflow.stores.checkpoints.checkpoint", "rflow.stores.sqlite.checkpoints"),
)
# What rflow loads of the standard library beyond them: SHA-256 without OpenSSL, under its two names.
NEEDED = {"_sha2", "_sha256"}


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Program:
    me = Program(tmp_path_factory.mktemp("imports"), environ={"RFLOW_CLIPBOARD_CMD": "cat > /dev/null"}).with_tree()
    me.start()
    me.ok("choose", "green")
    return me


def loaded(me: Program, script: str, *words: str) -> set[str]:
    """The modules that are there when a fresh interpreter ends."""
    listed = me.home / "modules"
    subprocess.run(
        [sys.executable, "-c", f"{LIST}; {script}", *words],
        stdout=subprocess.DEVNULL,
        env=me.variables | {"LISTED": str(listed)},
        check=True,
        timeout=60,
    )
    return set(listed.read_text("utf-8").split())


def of(modules: set[str], *names: str) -> list[str]:
    return sorted(
        module for module in modules if any(module == name or module.startswith(f"{name}.") for name in names)
    )


@pytest.mark.slow
@pytest.mark.parametrize("words", [("progress", "--copy"), ("progress", "--brief", "-f", "teams")], ids=" ".join)
def test_nothing_heavy_is_loaded(words: tuple[str, ...], ana: Program) -> None:
    modules = loaded(ana, RUN, *words)
    assert of(modules, *NEVER) == []
    assert of(modules, *OWN) == []
    commands = {module for module in modules if module.startswith("rflow.cli.commands.") and module.count(".") > 3}
    assert commands == {"rflow.cli.commands.sharing.progress"}


@pytest.mark.slow
def test_rflow_loads_next_to_nothing_beyond_its_libraries(ana: Program) -> None:
    libraries = loaded(ana, LIBRARIES)
    modules = loaded(ana, RUN, "progress", "--copy")
    own = {name for name in modules - libraries if not name.startswith(("rflow", "encodings."))}
    assert own <= NEEDED, own - NEEDED


EVERYDAY = [(), ("choose", "1"), ("done",), ("back",), ("note", "x"), ("step", "y"), ("pin",), ("list",)]
SLOW = (
    *("typer", "jinja2", "typing_extensions", "inspect", "platformdirs", "tempfile", "shutil", "random", "copy"),
    *("ast", "dis", "pickle", "traceback", "dataclasses", "pathlib", "urllib", "ipaddress", "fnmatch"),
    *("rflow.ports.stores", "rflow.ports.workspace"),
)
"""What takes about as long to import as a command of every day takes to do its work."""


@pytest.mark.slow
@pytest.mark.parametrize("words", EVERYDAY, ids=" ".join)
def test_an_everyday_command_loads_nothing_slow(words: tuple[str, ...], ana: Program) -> None:
    ana.start()
    ana.ok("step", "Changed the label roll")
    if words and words[0] in ("done", "back"):
        ana.ok("choose", "green")
    modules = loaded(ana, RUN, *words)
    assert of(modules, *NEVER, *SLOW, "threading", "subprocess") == []
    assert of(modules, "rflow.formats", "rflow.trees", "rflow.service.interchange", "rflow.delivery") == []
    assert of(modules, "rflow.cli.parsing.with_typer", "rflow.cli.times", "rflow.cli.server") == []
    assert of(modules, "rflow.core.session.erasing", "rflow.core.session.rules.waits") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [("assume", "It is the cable"), ("step", "y", "--pin"), ("note", "x", "--pin")], ids=" ".join
)
def test_a_text_that_fits_a_brief_loads_no_rules_of_summaries(words: tuple[str, ...], ana: Program) -> None:
    assert of(loaded(ana, RUN, *words), "rflow.core.summary") == []


@pytest.mark.slow
def test_an_everyday_command_makes_too_few_objects_for_the_garbage_collector(ana: Program) -> None:
    from rflow.cli.entry import OBJECTS

    for number in range(30):
        ana.ok("note", f"{number}: the night shift changed the label roll")
    count = "import atexit, gc, sys; atexit.register(lambda: print(gc.get_count()[0], file=sys.stderr))"
    script = f"{count}; gc.set_threshold(10**9); {RUN}"
    done = subprocess.run(
        [sys.executable, "-c", script, "progress", "--copy"], capture_output=True, env=ana.variables, timeout=60
    )
    made = done.stderr.split()[-1]
    assert 1_000 < int(made) < OBJECTS / 2


@pytest.mark.slow
@pytest.mark.parametrize("words", [("progress",), ("progress", "--copy")], ids=" ".join)
def test_a_summary_is_made_without_typer_and_jinja(words: tuple[str, ...], ana: Program) -> None:
    assert of(loaded(ana, RUN, *words), *SLOW) == []


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["markdown", "text", "slack", "teams", "jira", "html"])
def test_no_format_of_rflow_needs_jinja(format_: str, ana: Program) -> None:
    assert of(loaded(ana, RUN, "progress", "-f", format_), "jinja2") == []


@pytest.mark.slow
def test_a_prompt_loads_neither_msgspec_nor_pathlib_nor_the_core(ana: Program) -> None:
    modules = loaded(ana, RUN, "prompt")
    assert "rflow.stores.sqlite.glance" in modules
    assert of(modules, *NEVER, *SLOW, "threading", "msgspec", "uuid", "decimal", "subprocess", "hashlib") == []
    assert of(modules, "rflow.core.session", "rflow.service.local.workspace", "rflow.cli.app") == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, uuid does not ask for it, or needs what it says")
def test_msgspec_is_imported_without_platform_and_what_stands_in_for_it_is_gone(ana: Program) -> None:
    check = "import uuid; assert uuid.UUID(bytes=uuid.uuid1().bytes).version == 1"
    real = "import platform; assert platform.python_version()"
    script = f"import sys; from rflow.cli.main import _import_msgspec; _import_msgspec(); {check}"
    assert of(loaded(ana, script), "platform", "typing_extensions") == []
    loaded(ana, f"{script}; {real}")


@pytest.mark.slow
def test_a_mistake_is_explained_by_typer(ana: Program) -> None:
    listed = ana.home / "modules"
    done = subprocess.run(
        [sys.executable, "-c", f"{LIST}; {RUN}", "note"],
        capture_output=True,
        env=ana.variables | {"LISTED": str(listed)},
        timeout=60,
    )
    assert done.returncode == 2
    assert "typer" in listed.read_text("utf-8").split()
