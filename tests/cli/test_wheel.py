"""The wheel, installed where no checkout is near: it brings all that it needs along."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from support.program import Program, Result

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def call(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it: with what is here, else with what the package index has."""
    out = tmp_path_factory.mktemp("wheel")
    here = find_spec("hatchling") and find_spec("build")
    how = ["build", "--wheel", "--no-isolation", "--outdir"] if here else ["pip", "wheel", "--no-deps", "-w"]
    call(sys.executable, "-m", *how, out, ROOT, cwd=out)
    (built,) = out.glob("rflow-*.whl")
    return built


def test_it_holds_templates_and_examples_and_no_more_than_it_should(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    beside = {name.split("/")[0].rpartition(".")[2] for name in names} - {"rflow"}
    assert beside == {"dist-info", "data"}
    for folder in ("templates", "examples"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                assert f"rflow/_data/{path.relative_to(ROOT).as_posix()}" in names
    assert "rflow/py.typed" in names
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_it_works_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    home, cwd, place = (tmp_path / name for name in ("home", "elsewhere", "venv"))
    home.mkdir()
    cwd.mkdir()
    venv.create(place, with_pip=False)
    windows = sys.platform == "win32"
    python = place / ("Scripts/python.exe" if windows else "bin/python")
    call(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=cwd)
    site = Path(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=cwd).strip())
    # The libraries come from where the tests run; a path file inside that folder, such as the one that leads to the
    # checkout, is not read.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    package = Path(call(python, "-c", "import rflow; print(rflow.__file__)", cwd=cwd).strip())
    assert package.is_relative_to(site)
    for path in (
        "man/man1/rflow.1",
        "bash-completion/completions/rflow",
        "zsh/site-functions/_rflow",
        "fish/vendor_completions.d/rflow.fish",
    ):
        assert (place / "share" / path).is_file()
    me = Program(home, cwd=cwd)
    script = python.with_name("rflow.exe" if windows else "rflow")

    def rflow(*words: str) -> Result:
        done = subprocess.run(
            [script, *words], cwd=cwd, env=me.variables, capture_output=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return Result(0, done.stdout.decode(), done.stderr.decode())

    assert "printer-offline: added" in rflow("tree", "add", "--examples").err
    assert "$ rflow handoff sam" in rflow("demo").out
    rflow("start", "printer-offline", "--customer", "Leeds")
    rflow("choose", "nobody")
    assert "Can anybody print on it?" in rflow("progress", "-f", "slack").out
    assert "Shop checkout" in rflow("format", "show", "markdown").out
    assert rflow("--version").out.startswith("rflow ")
    assert "#compdef rflow" in rflow("--show-completion", "zsh").out
    assert list(cwd.iterdir()) == []
