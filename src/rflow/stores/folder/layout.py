"""The layout of a folder store, as its `rflow.json` says."""

from datetime import datetime

import msgspec

LAYOUT = 3
"""The version of the layout; migrations.py leads here from the older ones."""


class Format(
    msgspec.Struct, kw_only=True, tag_field="rflow", tag="store", omit_defaults=True, forbid_unknown_fields=True
):
    """What `rflow.json` says: the folder's layout, and which migrations it went through, when."""

    format: int
    upgraded: dict[str, datetime] = {}
