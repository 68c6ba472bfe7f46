"""Presence: shows readers of a session's page who else has it open, within one server process.

A proxy in front of several processes must route all streams of a session to the same one, as in
examples/deploy/team/nginx.conf.
"""

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rflow.core.people import Person
from rflow.web.broadcaster import EventStream


class Presence:
    """The open streams of each session and their readers. Used from the event loop only."""

    def __init__(self) -> None:
        self._streams: dict[str, dict[EventStream, Person]] = {}

    def join(self, session: str, stream: EventStream, reader: Person) -> None:
        """Add a reader, and notify the others."""
        self._streams.setdefault(session, {})[stream] = reader
        self._notify(session)

    def leave(self, session: str, stream: EventStream) -> None:
        """Remove a reader, and notify the others."""
        del self._streams[session][stream]
        if not self._streams[session]:
            del self._streams[session]
        self._notify(session)

    def _notify(self, session: str) -> None:
        streams = self._streams.get(session, {})
        names = {reader.id: reader.name for reader in streams.values()}
        for stream, reader in streams.items():
            others = sorted(name for other, name in names.items() if other != reader.id)
            stream.publish_presence(b"event: here\ndata: %s\n\n" % msgspec.json.encode(others))


class PresentStream(Response):
    """A stream of a session's changes; its reader counts as present while it is open."""

    def __init__(self, stream: EventStream, presence: Presence, session: str, reader: Person) -> None:
        self.status_code = stream.status_code
        self.background = None
        self.raw_headers = stream.raw_headers
        self._stream, self._presence, self._session, self._reader = stream, presence, session, reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the last one."""
        self._presence.join(self._session, self._stream, self._reader)
        try:
            await self._stream(scope, receive, send)
        finally:
            self._presence.leave(self._session, self._stream)
