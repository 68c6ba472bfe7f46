"""Parsing the URL of a PostgreSQL store into libpq's connection string, the schema, and a form without password."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from rflow.errors import UsageProblem

SCHEMA = "rflow"
"""The schema of a store whose URL names none."""

_WAYS = "A PostgreSQL store is postgresql://USER@HOST/DATABASE, with ?schema=NAME for another schema than rflow."
_OURS = ("schema", "listen")
"""The options of a URL that are not libpq's."""
_SECRETS = ("password", "sslpassword")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Address(NamedTuple):
    """The address of a store: libpq's connection string, the schema, and the URL without its password.

    `listen` is the host, with its port, at which notices are heard if a pooler is at the usual one.
    """

    conninfo: str
    schema: str
    shown: str
    listen: str = ""

    @property
    def direct(self) -> "Address":
        """The address to listen at: LISTEN does nothing through a pooler's transaction mode."""
        if not self.listen:
            return self
        hosts, _, ports = self.listen.partition(":")
        parts = _parts(self.conninfo)
        named = [option for option in parts.options if option[0] not in ("host", "port", "hostaddr")]
        options = [*named, ("host", hosts), *([("port", ports)] if ports else [])]
        user = parts.netloc.rpartition("@")[0]
        return self._replace(conninfo=_Parts(f"{user}@" if user else "", parts.path, options).url)


def read_address(url: str) -> Address:
    """Parse a URL; raise `UsageProblem`, which does not repeat it, if it is invalid."""
    parts = _parts(url)
    given = dict(parts.options)
    schema = given.get("schema", SCHEMA)
    if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
        raise UsageProblem("The schema in the store's URL is not a plain name.", try_="Use a-z, 0-9 and _ only.")
    conninfo = parts._replace(options=[option for option in parts.options if option[0] not in _OURS])
    user, at, host = parts.netloc.rpartition("@")
    public = [option for option in parts.options if option[0] not in _SECRETS]
    shown = _Parts(user.partition(":")[0] + at + host, parts.path, public).url
    return Address(conninfo.url, schema, shown, given.get("listen", ""))


def normal(url: str) -> str:
    """Return a store's URL in its normal form, with its password if there is one."""
    return _parts(url).url


def shown(url: str) -> str:
    """Return a store's URL without its password."""
    return read_address(url).shown


def is_postgres(store: str) -> bool:
    """Whether a store's URL or path is that of a PostgreSQL store."""
    return store.strip().casefold().startswith(("postgresql:", "postgres:"))


class _Parts(NamedTuple):
    """The parts of a URL after its scheme."""

    netloc: str
    path: str
    options: list[tuple[str, str]]

    @property
    def url(self) -> str:
        """The URL with these parts."""
        query = urlencode(self.options, quote_via=quote, safe="/,:")
        return f"postgresql://{self.netloc}{self.path}{'?' if query else ''}{query}"


def _parts(url: str) -> _Parts:
    """Split a URL; one whose password has characters that end it there is refused, so that no part of it is shown."""
    try:
        _, netloc, path, query, fragment = urlsplit(url.strip())
    except ValueError:
        raise _unreadable() from None
    if fragment or "@" in path + query or not url.strip().partition(":")[2].startswith("//"):
        raise _unreadable()
    return _Parts(netloc, path, parse_qsl(query, keep_blank_values=True))


def _unreadable() -> UsageProblem:
    what = "The store's URL can't be read. In a password, write special characters as %XX, or leave it to PGPASSFILE."
    return UsageProblem(what, try_=_WAYS)
