"""A page: a summary arranged for the templates of the HTML format and of a link's page.

A text format shows the sections of a summary, whose texts are cut to a word budget. A page has room for everything and
folds old entries, so the whole form is made from the fields of `Progress`. The brief form, and a summary that was cut
to a format's limit, only have sections, so these are shown instead.
"""

from collections.abc import Callable

from rflow.formats.page.blocks import blocks, is_whole
from rflow.formats.page.head import meta, pills
from rflow.formats.page.outline import branches, drawing, drawn_in_part, kind, several_lines, style_hash
from rflow.formats.page.steps import loose_outputs, output_lines, runs
from rflow.formats.page.times import day, full, moment, zone

PAGE: dict[str, Callable[..., object]] = {
    function.__name__: function
    for function in (
        *(
            blocks,
            branches,
            day,
            drawing,
            drawn_in_part,
            full,
            is_whole,
            kind,
            loose_outputs,
            meta,
            moment,
            output_lines,
            pills,
            runs,
        ),
        *(several_lines, style_hash, zone),
    )
}
"""The functions that templates of pages may call, besides the phrases, by name; users' templates rely on the names."""
