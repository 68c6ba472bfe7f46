"""Options and arguments that several commands share, with what completes them."""

from typing import Annotated

import typer

from rflow.cli import completion

Reference = Annotated[
    str | None,
    typer.Argument(metavar="[SESSION]", help="Its code, or the beginning of it.", autocompletion=completion.codes),
]
NeededReference = Annotated[
    str, typer.Argument(metavar="SESSION", help="Its code, or the beginning of it.", autocompletion=completion.codes)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FormatName = Annotated[
    str | None,
    typer.Option("-f", "--format", metavar="NAME", help="See `rflow format list`.", autocompletion=completion.formats),
]
CommandId = Annotated[
    str,
    typer.Option("--command-id", metavar="ID", hidden=True, help="Sending the same id again changes nothing."),
]
Copy = Annotated[bool, typer.Option("--copy", help="Put it on the clipboard.")]
NoRedact = Annotated[bool, typer.Option("--no-redact", help="Leave secrets in, where the reader may see them.")]
