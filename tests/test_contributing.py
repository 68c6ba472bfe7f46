"""The examples of CONTRIBUTING.md work as they stand there."""

import pickle
import re
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rflow.core.fingerprint import fingerprint
from rflow.core.session.head import Query
from rflow.core.summary.progress import Summary
from rflow.formats import Format, render
from rflow.formats.compiling import module
from rflow.ports.values import Stale
from rflow.stores.mapped.store import MappedStore, Mappings
from support.formats.builders import DIGEST, FULL
from support.stores.stories import session, short_story

EXAMPLES = re.findall(
    r"```(\w+)\n(.*?)```", (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL
)
ENTRY, STORE = (text for language, text in EXAMPLES if language == "python")
(DRAWING,) = (text for language, text in EXAMPLES if language == "jinja")


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Format:
    """The format, with its drawing compiled."""
    compiled = ModuleType("mail_txt_j2")
    exec(module("mail.txt.j2", DRAWING), vars(compiled))
    monkeypatch.setitem(sys.modules, "rflow.formats.compiled.mail_txt_j2", compiled)
    format_ = eval(ENTRY, {"Format": Format})
    assert isinstance(format_, Format)
    return format_


@pytest.mark.parametrize("summary", [FULL, DIGEST], ids=["progress", "digest"])
def test_the_format_has_the_words_of_plain_text(mail: Format, summary: Summary) -> None:
    assert words(render(mail, summary)) == words(render("text", summary))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def test_the_store_keeps_sessions_for_the_next_program(tmp_path: Path) -> None:
    names: dict[str, Any] = {"Any": Any, "Iterator": Iterator, "MutableMapping": MutableMapping, "Path": Path}
    names |= {"MappedStore": MappedStore, "Mappings": Mappings, "fingerprint": fingerprint, "pickle": pickle}
    exec(STORE, names)
    story = short_story("The till in Leeds is dark", "Switched it off and on")
    store = names["FilesStore"](tmp_path)
    store.create(session("019a4711-0000-7000-8000-000000000001", "K7QM-2F", story), story, {})
    (head,) = names["FilesStore"](tmp_path).heads(Query()).heads
    assert list(names["FilesStore"](tmp_path).load(head.id).events) == story
    with pytest.raises(Stale):
        store.append(session(head.id, head.code, story), story, head.version - 1, {})
    store.delete(head.id)
    assert names["FilesStore"](tmp_path).heads(Query()).heads == ()
