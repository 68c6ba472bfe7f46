"""A session as stores return it: its events, or a checkpoint and the events after it."""

from collections.abc import Sequence
from functools import cached_property

import msgspec

from rflow.core.session.events import Stored
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.spaces import DEFAULT_SPACE


class Log(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The events of a session after version `after` (all of them if that is 0).

    `base` is the state at that version, if the store had a checkpoint of it. `stamp` is the session's stamp when the
    events were read (see `Standing`): a different one means that they were rewritten since. `header` is the first line
    of the session's file if a newer rflow wrote it; the other lines can't be understood without it.
    """

    id: str
    code: str
    events: Sequence[Stored]
    space: str = DEFAULT_SPACE
    after: int = 0
    stamp: str = ""
    header: bytes = b""
    base: Session | None = None

    @cached_property
    def session(self) -> Session:
        """The state after these events, which must be all events, or all since `base`."""
        if self.base is not None and not self.events:
            return self.base
        return replay(self.events, self.base or Session(id=self.id, code=self.code))
