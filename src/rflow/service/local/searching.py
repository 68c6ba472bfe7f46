"""Searching: the store ranks the sessions, and what is shown of them comes from their events as they are now."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from rflow.core.session.search.document import passages
from rflow.core.session.search.query import Hit, Search, SearchPage, Term, read_terms
from rflow.core.session.search.snippets import best_matches
from rflow.errors import NotFound, UsageProblem
from rflow.ports.stores import Store
from rflow.stores import derived

if TYPE_CHECKING:
    from rflow.service.local.workspace import LocalWorkspace


def search_sessions(workspace: "LocalWorkspace", store: Store, search: Search) -> SearchPage:
    """Return a page of the sessions that hold the words."""
    if search.filters.asked is not None:
        raise UsageProblem(
            "A search does not ask for open questions: its index does not hold them.", try_="List them instead."
        )
    terms = read_terms(search.words)
    first, limit = _read_cursor(search.filters.after), max(search.filters.limit, 1)
    query = workspace.visible(replace(search.filters, after=None, limit=limit))
    ranked = store.search(terms, query, first)
    hits = tuple(hit for session_id in ranked.ids if (hit := _hit(workspace, store, session_id, terms)))
    more = len(ranked.ids) == limit and ranked.total > first + limit
    return SearchPage(
        hits=hits,
        total=ranked.total,
        after=str(first + limit) if more else None,
        building=ranked.building,
        remark=ranked.remark,
    )


def _read_cursor(after: str | None) -> int:
    """Return how many sessions come before a page."""
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise UsageProblem("That page does not exist.", try_="Start again from the first one.")
    return int(after)


def _hit(workspace: "LocalWorkspace", store: Store, session_id: str, terms: tuple[Term, ...]) -> Hit | None:
    """Return what is shown of a session; None if it was deleted since it was found."""
    try:
        log = store.load(session_id)
    except NotFound:
        return None
    if workspace.actor.role_in(log.space) is None:
        return None
    matches, more = best_matches(passages(log.code, log.events), terms)
    closing = log.session.closing
    return Hit(
        head=derived.stored_head(log.session),
        outcome=closing.outcome if closing else "",
        summary=closing.summary if closing else "",
        matches=matches,
        more=more,
    )
