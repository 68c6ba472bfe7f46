"""The template folders that the user trusts, with the digest of their content at that time."""

from pathlib import Path

import msgspec

from rflow.errors import NotAllowed
from rflow.formats.custom.folder import TemplateFolder
from rflow.whole_files import write_own_file

_FILE = "trusted-templates.json"


def is_trusted(state: Path, folder: TemplateFolder) -> bool:
    """Return whether the user trusts the templates of this folder as they are now."""
    return _digests(state).get(_key(folder)) == folder.digest


def was_trusted(state: Path, folder: TemplateFolder) -> bool:
    """Return whether the user trusts this folder with its present or an earlier content."""
    return _key(folder) in _digests(state)


def trust(state: Path, folder: TemplateFolder) -> None:
    """Record that the user trusts these templates."""
    _write(state, _digests(state) | {_key(folder): folder.digest})


def distrust(state: Path, folder: TemplateFolder) -> None:
    """Record that the user no longer trusts this folder."""
    _write(state, {key: digest for key, digest in _digests(state).items() if key != _key(folder)})


def _key(folder: TemplateFolder) -> str:
    return str(folder.path.resolve()).encode("utf-8", "backslashreplace").decode()  # a path need not be UTF-8


def _digests(state: Path) -> dict[str, str]:
    """Read the digests by folder; if the file can't be read, nothing is trusted."""
    try:
        return msgspec.json.decode((state / _FILE).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


def _write(state: Path, digests: dict[str, str]) -> None:
    try:
        write_own_file(state / _FILE, msgspec.json.encode(digests))
    except OSError as error:
        raise NotAllowed(
            f"The list of trusted folders can't be written to {state / _FILE}: {error.strerror}.",
            try_="Fix its permissions.",
        ) from error
