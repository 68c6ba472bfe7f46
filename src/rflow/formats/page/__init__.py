"""The page: what the HTML format and the page of a link show of a progress, arranged for their templates.

A text format shows the sections of a summary, whose texts are cut to a budget of words. A page has room for all of it
and folds what is old, so the whole form is made from the fields of `Progress`. The brief form, and a summary that was
cut to a format's limit, has nothing but its sections: these are used wherever there is no more.
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
"""The functions that templates of pages may call besides the phrases, by name."""
