"""The layout of a folder store, which is recorded in its `rflow.json`."""

from datetime import datetime

import msgspec

LAYOUT = 3
"""The version of the layout; migrations.py upgrades older ones to it."""


class Format(
    msgspec.Struct, kw_only=True, tag_field="rflow", tag="store", omit_defaults=True, forbid_unknown_fields=True
):
    """The content of `rflow.json`: the folder's layout, and which migrations were applied when."""

    format: int
    upgraded: dict[str, datetime] = {}
