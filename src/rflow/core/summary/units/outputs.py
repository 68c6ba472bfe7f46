"""Which line of an output says most: the last, but for those that say nothing by themselves."""

import re
from collections.abc import Sequence
from functools import cache

_BORDERS = re.compile(r"[\x00-\x7f\u2500-\u257f]+")
"""Lines of these without a letter or a digit separate others, or close brackets."""


@cache
def _noise() -> re.Pattern[str]:
    """Return the pattern of what ends an output without saying what came of it.

    That is the frames of a stack, what programs print below them, the prompt of a shell that was copied too, and the
    line that stands for a gap.
    """
    return re.compile(
        r"""at\ (?:async\ |new\ )?\S+(?:\ \[as\ \S+\])?\ ?\([^()]*\)(?:\ in\ .+|\ ~?\[.+\])?  # Java, .NET, JavaScript
          | at\ (?:async\ )?(?:\S+:\d+:\d+|<anonymous>)        # JavaScript without a name
          | (?:Stack|Call)\ ?[Tt]race:
          | \.\.\.\ \d+\ (?:more|common\ frames\ omitted)       # Java
          | Node\.js\ v\d[\w.]*
          | ---\ End\ of\ .+\ stack\ trace\ ---                 # .NET
          | File\ ".+",\ line\ \d+(?:,\ in\ .+)?                # Python
          | from\ \S+:\d+:in\ .+                                # Ruby
          | \#\d+\ +(?:\S+\(\d+\):|\{main\}|0x[0-9a-f]+\ in).*  # PHP, gdb
          | thrown\ in\ .+\ on\ line\ \d+                       # PHP
          | \S+\.go:\d+(?:\ \+0x[0-9a-f]+)?                     # Go, as are the next three
          | goroutine\ \d+\ \[.+\]:
          | \[signal\ .+\]
          | exit\ status\ \d+
          | note:\ run\ with\ `RUST_BACKTRACE=.+                # Rust
          | \+\ (?:CategoryInfo|FullyQualifiedErrorId)\ *:.+    # PowerShell
          | At\ (?:line|.+\.psm?1):\d+\ char:\d+
          | [\w.-]+@[\w.-]+[:\ ~][^|]*[\#$%>]                   # prompts
          | (?:PS\ )?[A-Za-z]:\\[^|<>]*>
          | [\w.()-]+[\#>]
          | (?:</[\w:.-]+>)+                                    # XML
          | lines\ \d+-\d+.*\(END\)                             # less
          | Hint:\ Some\ lines\ were\ ellipsized.*              # systemd
          | …\ [\d,]+\ lines?\ .*left\ out\ …
        """,
        re.VERBOSE,
    )


@cache
def _points_up() -> re.Pattern[str]:
    """Return the pattern of a line that belongs to the one above: where Go called it, or PowerShell underlines it."""
    return re.compile(r"\S+\.go:\d+(?: \+0x[0-9a-f]+)?|\+ ~+")


def telling_line(lines: Sequence[str]) -> str:
    """Return the last line that says something; "" if all are blank. Where none does, the last that is not blank."""
    said = [line.strip() for line in lines if line.strip()]
    below = ""
    for line in reversed(said):
        if not (_noise().fullmatch(line) or _points_up().fullmatch(below) or _is_border(line)):
            return line
        below = line
    return said[-1] if said else ""


def _is_border(line: str) -> bool:
    return not any(map(str.isalnum, line)) and _BORDERS.fullmatch(line) is not None
