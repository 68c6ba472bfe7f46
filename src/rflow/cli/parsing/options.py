"""Options and arguments that several commands share, with their completion."""

from typing import Annotated

from rflow.cli.parsing import completion
from rflow.cli.parsing.declare import Argument, Option, Words

Reference = Annotated[
    str | None,
    Argument(
        metavar="[SESSION]", help="Its code, its ticket, or a word of its title.", autocompletion=completion.codes
    ),
]
NeededReference = Annotated[
    str, Argument(metavar="SESSION", help="Its code, or the beginning of it.", autocompletion=completion.codes)
]
Text = Annotated[list[str], Words(metavar="TEXT|-", help="The text, or - to read it from standard input.")]
Entry = Annotated[
    int,
    Argument(metavar="SEQ", help="The entry's number, as shown by `rflow show`.", autocompletion=completion.entries),
]
Json = Annotated[bool, Option("--json", help="Print JSON.")]
FormatName = Annotated[
    str | None,
    Option("-f", "--format", metavar="NAME", help="See `rflow format list`.", autocompletion=completion.formats),
]
AsJson = Annotated[bool, Option("--json", help="The same as -f json.")]
CommandId = Annotated[
    str,
    Option("--command-id", metavar="ID", hidden=True, help="Sending the same id again changes nothing."),
]
Overwrite = Annotated[bool, Option("--overwrite", help="Replace the file if there is one.")]
Copy = Annotated[bool, Option("-c", "--copy", help="Copy it to the clipboard.")]
NoRedact = Annotated[bool, Option("--no-redact", help="Don't hide secrets; the reader may see them.")]
Pin = Annotated[bool, Option("--pin", help="Pin it: a key fact. The brief form shows it if it has room.")]
On = Annotated[int | None, Option("--on", metavar="SEQ", min=1, help="The entry that it refers to.")]
Conditions = Annotated[list[str] | None, Option("--if", metavar="TEXT", help="If this happens … Can be repeated.")]
Actions = Annotated[list[str] | None, Option("--then", metavar="TEXT", help="… then do this: one for each --if.")]
NewUser = Annotated[bool, Option("--new-user", help="Allow a new name that is much like a known one.")]
