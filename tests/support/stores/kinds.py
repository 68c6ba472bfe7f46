"""The kinds of stores, from which every contract suite takes its parameters.

A new kind is one line in `STORES`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from support.stores import postgres


class StoreKind(NamedTuple):
    """A kind of store: its URL for a folder and a name, whether processes can share it, and whether it is in files."""

    url: Callable[[Path, str], str]
    shared: bool = True
    in_files: bool = True


STORES = {
    "memory": StoreKind(lambda folder, name: f"memory:{folder}/{name}", shared=False, in_files=False),
    "sqlite": StoreKind(lambda folder, name: f"sqlite://{folder}/{name}.db"),
    "json": StoreKind(lambda folder, name: f"json:{folder}/{name}"),
    "postgres": StoreKind(postgres.url, in_files=False),
}
EVERY_KIND = tuple(STORES)
SHARED_KINDS = tuple(kind for kind, store in STORES.items() if store.shared)
"""The kinds for tests with several processes."""
FILE_KINDS = tuple(kind for kind, store in STORES.items() if store.in_files)
"""The kinds for tests of disks, permissions and damaged files."""


def url_in(folder: Path, kind: str, name: str = "night") -> str:
    """Return the URL of the store of this kind and name in `folder`."""
    return STORES[kind].url(folder, name)
