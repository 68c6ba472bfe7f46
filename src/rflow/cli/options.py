"""Options and arguments that several commands share, with their completion."""

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
Entry = Annotated[int, typer.Argument(metavar="SEQ", help="The entry's number, as shown by `rflow show`.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FormatName = Annotated[
    str | None,
    typer.Option("-f", "--format", metavar="NAME", help="See `rflow format list`.", autocompletion=completion.formats),
]
CommandId = Annotated[
    str,
    typer.Option("--command-id", metavar="ID", hidden=True, help="Sending the same id again changes nothing."),
]
Copy = Annotated[bool, typer.Option("--copy", help="Copy it to the clipboard.")]
NoRedact = Annotated[bool, typer.Option("--no-redact", help="Don't hide secrets; the reader may see them.")]
Pin = Annotated[bool, typer.Option("--pin", help="Pin it: a key fact, always in the summary.")]
On = Annotated[int | None, typer.Option("--on", metavar="SEQ", min=1, help="The entry that it refers to.")]
NewUser = Annotated[bool, typer.Option("--new-user", help="Allow a name that this store has not seen yet.")]
