"""The docs say what is so: generated parts are up to date, examples and links hold."""

import json
import pkgutil
import re
import runpy
import tomllib
from pathlib import Path

import jsonschema
import pytest

from rflow.trees.parsing import PARSERS, parse
from support.program import Program

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
GENERATED = runpy.run_path(str(ROOT / "docs" / "generate.py"))["generated"]()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_the_generated_docs_are_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == GENERATED[path], "run: python docs/generate.py"


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "sessions").glob("*.json*")), ids=lambda path: path.name)
def test_every_example_session_fits_the_schema(path: Path) -> None:
    judge = jsonschema.Draft202012Validator(json.loads((ROOT / "docs" / "session.schema.json").read_text("utf-8")))
    text = path.read_text("utf-8")
    values = [json.loads(text)] if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    assert [error.message for value in values for error in judge.iter_errors(value)] == []


TREES = sorted(path for path in (ROOT / "examples" / "trees").iterdir() if path.suffix in PARSERS)


def test_every_summary_in_json_fits_its_schema() -> None:
    judge = jsonschema.Draft202012Validator(json.loads((ROOT / "docs" / "summary.schema.json").read_text("utf-8")))
    files = sorted((ROOT / "tests" / "golden" / "json").glob("*.json"))
    assert len(files) > 3
    for path in files:
        summary = json.loads(path.read_text("utf-8"))
        assert [error.message for error in judge.iter_errors(summary)] == [], path.name
        for key in ("schema_version", "redacted_kinds"):
            assert not judge.is_valid({name: value for name, value in summary.items() if name != key}), (path.name, key)
        assert not judge.is_valid({**summary, "schema_version": 1}), path.name


TREE_JUDGE = jsonschema.Draft202012Validator(json.loads((ROOT / "docs" / "tree.schema.json").read_text("utf-8")))


@pytest.mark.parametrize("path", TREES, ids=lambda path: path.name)
def test_every_example_tree_fits_the_schema(path: Path) -> None:
    document = parse(path.read_text("utf-8"), path.suffix).document
    assert [error.message for error in TREE_JUDGE.iter_errors(document)] == []


@pytest.mark.parametrize(
    "change",
    [{"id": "Has Blanks"}, {"nodes": {}}, {"nodes": {"a": {"text": "A", "too": "b"}}}, {"start": ""}, {"titel": "x"}],
    ids=str,
)
def test_the_schema_of_trees_refuses_what_is_wrong(change: dict[str, object]) -> None:
    tree = {"id": "till", "title": "Till", "start": "a", "nodes": {"a": {"text": "A", "outcome": "resolved"}}}
    assert TREE_JUDGE.is_valid(tree)
    assert not TREE_JUDGE.is_valid({**tree, **change})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
NAMED = re.findall(r"`((?:cli|web|service|capture|delivery|stores|formats|trees|core)(?:\.\w+)+)`", ARCHITECTURE)


@pytest.mark.parametrize("name", sorted(set(NAMED)))
def test_every_function_in_the_architecture_exists(name: str) -> None:
    assert pkgutil.resolve_name(f"rflow.{name}") is not None


def test_the_packages_of_the_architecture_are_those_that_the_import_contract_names() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = [layer for contract in contracts for layer in contract.get("layers", ())]
    contracted = {part.strip().removeprefix("rflow.") for layer in layers for part in layer.split("|")}
    rows = [line.split("|")[1] for line in ARCHITECTURE.splitlines() if line.startswith("| `")]
    assert {*re.findall(r"`(.+?)`", " ".join(rows))} == contracted - {"core"}


def test_the_first_session_of_the_readme_works_as_it_stands(tmp_path: Path) -> None:
    block = re.search(r"## Your first session\n.*?```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert block is not None
    import shlex

    ann = Program(tmp_path, user="Ann")
    copied = tmp_path / "clipboard"
    codes = {}
    for line in block[1].splitlines():
        words = shlex.split(line, comments=True)[1:]
        result = ann.run(*words, RFLOW_CLIPBOARD_CMD=f"cat > {copied}")
        codes[line] = result.code
        assert "Traceback" not in result.err
    run = next(line for line in codes if "rflow run" in line)
    codes.pop(run)  # its exit code is that of the program it runs, which may not be here
    assert set(codes.values()) == {0}
    assert "They patched the server at 01:30." in copied.read_text("utf-8")


def test_every_value_in_the_configuration_of_the_cluster_is_filled_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ROOT / "examples" / "deploy" / "scaling"
    module = runpy.run_path(str(folder / "cluster.py"))
    cluster = module["Cluster"](tmp_path)
    monkeypatch.setitem(cluster.configured.__func__.__globals__, "programs", lambda: "/usr/bin")
    for name in ("etcd.yml", "patroni.yml", "haproxy.cfg", "pgbouncer.ini", "nginx.conf"):
        text = Path(cluster.configured(name, "a" if name == "patroni.yml" else "")).read_text("utf-8")
        assert re.findall(r"@\w+@", text) == [], name
        assert str(tmp_path) in text or name == "haproxy.cfg"
    assert "NOT RUN HERE" in (folder / "compose.yaml").read_text("utf-8")
    assert len(set(cluster.ports.values())) == len(cluster.ports)
