"""Whom the user trusts: folders of templates, each as it was when they said so."""

from pathlib import Path

import msgspec

from rflow.config_file import replace_file
from rflow.errors import NotAllowed
from rflow.formats.custom.folder import Folder


def is_trusted(state: Path, folder: Folder) -> bool:
    """Say whether the user trusts the templates of this folder as they are now."""
    return _trusted(state).get(_key(folder)) == folder.digest


def was_trusted(state: Path, folder: Folder) -> bool:
    """Say whether the user has ever trusted this folder."""
    return _key(folder) in _trusted(state)


def trust(state: Path, folder: Folder) -> None:
    """Remember that the user trusts these templates."""
    _write(state, _trusted(state) | {_key(folder): folder.digest})


def distrust(state: Path, folder: Folder) -> None:
    """Forget that the user trusts this folder."""
    _write(state, {key: digest for key, digest in _trusted(state).items() if key != _key(folder)})


def _key(folder: Folder) -> str:
    return str(folder.path.resolve())


def _file(state: Path) -> Path:
    return state / "trusted-templates.json"


def _trusted(state: Path) -> dict[str, str]:
    """Read what was remembered; where that can't be read, nothing is trusted."""
    try:
        return msgspec.json.decode(_file(state).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


def _write(state: Path, trusted: dict[str, str]) -> None:
    try:
        replace_file(_file(state), msgspec.json.encode(trusted))
    except OSError as error:
        raise NotAllowed(
            f"What you trust can't be written to {_file(state)}: {error.strerror}.", try_="Mend its permissions."
        ) from error
