"""What is loaded when somebody is stuck: `progress --copy` brings nothing along that it does not need."""

import subprocess
import sys

import pytest

from support.program import Program

# What the libraries load by themselves is theirs; the rest is rflow's own doing.
LIBRARIES = "import typer, typer.main, jinja2, msgspec, sqlite3, platformdirs"
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
        "rflow.stores.memory.store",
        "rflow.stores.folder.store",
    ),
    *("rflow.formats.custom.find", "rflow.formats.custom.template", "rflow.formats.custom.sandbox", "jinja2.sandbox"),
    *("rflow.stores.copy", "rflow.stores.checking", "rflow.stores.upgrades", "rflow.stores.sqlite.check"),
)
# What rflow loads of the standard library beyond them: SHA-256 without OpenSSL, under its two names.
NEEDED = {"_sha2", "_sha256"}


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Program:
    me = Program(tmp_path_factory.mktemp("imports"), environ={"RFLOW_CLIPBOARD_CMD": "cat > /dev/null"}).with_tree()
    me.start()
    me.ok("choose", "green")
    me.ok("progress")  # templates are compiled now
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
    commands = {module for module in modules if module.startswith("rflow.cli.commands.")}
    assert commands == {"rflow.cli.commands.progress"}


@pytest.mark.slow
def test_rflow_loads_next_to_nothing_beyond_its_libraries(ana: Program) -> None:
    libraries = loaded(ana, LIBRARIES)
    modules = loaded(ana, RUN, "progress", "--copy")
    own = {name for name in modules - libraries if not name.startswith(("rflow", "jinja2.", "typer.", "encodings."))}
    assert own <= NEEDED, own - NEEDED


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("done", "printed one"), ("note", "x"), ("list",)], ids=" ".join)
def test_the_other_commands_of_every_day_load_neither_formats_nor_trees(words: tuple[str, ...], ana: Program) -> None:
    modules = loaded(ana, RUN, *words)
    assert of(modules, *NEVER) == []
    assert of(modules, "jinja2", "rflow.formats", "rflow.trees", "rflow.service.interchange", "rflow.delivery") == []


RULES = ("decide", "guards", "access", "texts", "entries", "undo", "moves")
DECIDING = (
    *("rflow.core.summary", "rflow.core.sharing", "rflow.core.redaction", "rflow.core.session.document"),
    *("rflow.service.summaries", "rflow.service.shares", "rflow.service.shared", "rflow.service.importing"),
    *("rflow.service.interchange", "rflow.formats", "rflow.trees", "rflow.delivery", "rflow.web", "jinja2"),
)
READING = (
    *(f"rflow.core.session.{rule}" for rule in RULES),
    *("rflow.service.sending", "rflow.service.starting", "rflow.service.importing", "rflow.service.shares"),
)


@pytest.mark.slow
@pytest.mark.parametrize("words", [("choose", "green"), ("note", "It hums"), ("step", "Printed it")], ids=" ".join)
def test_deciding_and_appending_loads_no_summary_no_format_and_no_sharing(words: tuple[str, ...], ana: Program) -> None:
    ana.start()
    modules = loaded(ana, RUN, *words)
    assert of(modules, *DECIDING) == []
    assert of(modules, "rflow.core.session.decide", "rflow.service.sending") != []


@pytest.mark.slow
@pytest.mark.parametrize("words", [("progress",), ("progress", "-f", "teams"), (), ("list",), ("show",)], ids=" ".join)
def test_reading_loads_no_rules_and_nothing_that_writes(words: tuple[str, ...], ana: Program) -> None:
    modules = loaded(ana, RUN, *words)
    assert of(modules, *READING) == []
    assert of(modules, "rflow.core.session.replay") != []
