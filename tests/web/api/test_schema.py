"""Every operation of the API against its own OpenAPI document: schemathesis makes requests, right ones and wrong ones.

No answer is a server error, and none is one that the document does not have.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rflow.web.api.openapi import document
from rflow.web.api.operations import OPERATIONS
from rflow.web.api.operations.operation import Operation
from support.nightly import NIGHTLY
from support.web.team import ServedTeam, served_team

pytestmark = pytest.mark.slow
EXAMPLES = 300 if NIGHTLY else 5
SETTINGS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
FINITE = [each for each in OPERATIONS if not each.stream]
"""Streams of events have no end; tests/web/api/test_changes.py reads them."""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedTeam]:
    with served_team(tmp_path_factory.mktemp("schema"), processes=1) as team:
        yield team


@pytest.fixture(scope="module")
def known(team: ServedTeam) -> Mapping[str, str]:
    """What is there, by the name of the parameter of an address that names it."""
    session = team.start()
    link = team.ask("POST", "/links", json={"session": session}).json()["link"]["id"]
    return {"session": session, "link": link, "user": "Dev", "space": "leeds", "tree": "vpn", "token": "A"}


@pytest.mark.parametrize("mode", ["positive", "negative"], ids=["right", "wrong"])
@pytest.mark.parametrize("operation", FINITE, ids=lambda each: each.name)
def test_every_answer_is_one_that_the_document_has(
    team: ServedTeam, known: Mapping[str, str], operation: Operation, mode: str
) -> None:
    from schemathesis import checks, generation  # here: it takes a second, and every run imports this module
    from schemathesis.specs.openapi import checks as of_document

    expected = [
        checks.not_a_server_error,
        of_document.status_code_conformance,
        of_document.content_type_conformance,
        of_document.response_schema_conformance,
        of_document.response_headers_conformance,
    ]
    described = schema_of()["/api/v1" + operation.path][operation.method]
    root, ben = team.web_session("Root"), team.tokens["Ben Okafor"]

    @given(
        case=described.as_strategy(generation_mode=generation.GenerationMode(mode)),
        real=st.booleans(),
        token=st.sampled_from([root, ben]),
    )
    @SETTINGS
    def answers(case: Any, real: bool, token: str) -> None:
        if real:
            case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
        case.call_and_validate(
            base_url=team.servers[0].url, headers={"Authorization": f"Bearer {token}"}, checks=expected, timeout=20
        )

    answers()


@cache
def schema_of() -> Any:
    """Read the document, once: what makes its requests is made of it as each operation needs it."""
    import msgspec
    import schemathesis

    return schemathesis.openapi.from_dict(msgspec.json.decode(document()))
