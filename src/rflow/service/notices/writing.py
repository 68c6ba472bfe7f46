"""Writing notices: what new events of a session bring, where a store has accounts."""

from collections.abc import Sequence

from rflow.core.notices import Notice, notices_of
from rflow.core.session.events import Event
from rflow.core.session.state import Session
from rflow.ports.stores import Store
from rflow.service.team.team_service import accounts_of


def notices(store: Store, session: Session, events: Sequence[Event]) -> list[Notice]:
    """Return the notices that events bring; without accounts there is nobody to send them, and nobody to send them to.

    They are stored together with the events, so that a handoff never goes without its notice.
    """
    accounts = accounts_of(store)
    return notices_of(session, events) if accounts is not None and accounts.exist() else []
