"""The folders of files that come with rflow: output templates and examples."""

from pathlib import Path
from typing import Literal


def data_dir(name: Literal["templates", "examples"]) -> Path:
    """Return a folder that comes with rflow: in the installed package, or else at the top of the checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent.parent / name
