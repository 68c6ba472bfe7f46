"""A request for a page, and who makes it."""

from pathlib import Path

import pytest

from rflow.service.team.team import Team
from rflow.web.work.call import Call, PageRequest
from rflow.web.work.site import Site
from rflow.web.work.templates import command_id
from support.team import BEN, ROOT, team_in


@pytest.mark.parametrize(("live", "signed_in"), [(False, True), (True, False)])
def test_a_page_that_updates_itself_does_not_keep_a_web_session_from_ending(
    tmp_path: Path, live: bool, signed_in: bool
) -> None:
    with team_in(tmp_path) as team:
        served = Team(team.store, clock=team.clock)
        request = PageRequest(method="GET", path="/", token=team.sign_in.open_session(BEN), live=live)
        actors = []
        for _ in range(4):
            team.clock.wait(hours=4)
            actors.append(Call(Site(), served, request).actor)
        assert (actors[-1] is not None) is signed_in


@pytest.mark.parametrize("live", [False, True])
def test_an_api_token_is_no_web_session(tmp_path: Path, live: bool) -> None:
    with team_in(tmp_path) as team:
        token = team.for_(ROOT)[2].create("Root", ["read"]).secret
        served = Team(team.store, clock=team.clock)
        assert Call(Site(), served, PageRequest(method="GET", path="/", token=token, live=live)).actor is None


def test_each_form_has_an_id_of_its_own() -> None:
    ids = {command_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert {len(each) for each in ids} == {24}
