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
