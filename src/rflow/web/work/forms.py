"""Submitted forms: texts and files, the id of the command, and the version that the page showed."""

from collections.abc import Mapping

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request

HIDDEN = frozenset(
    {
        *("assume", "at", "brief", "change", "clear", "command_id", "do", "expires", "format", "kind", "link", "links"),
        *("next", "node", "off", "offset", "outcome", "pin", "revoke", "role", "scope", "seen", "session", "snapshot"),
        *("space", "target", "tree"),
    }
)
"""Fields that are chosen, not typed, so an error page does not show them again."""
_SECRET = frozenset({"password", "old", "new", "again"})
_MAX_FIELDS, _MAX_FILES = 300, 20
_PART_LIMIT = 512 * 1024


def whole_number(text: str) -> int | None:
    """Return a whole number of at most nine digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was sent with a form."""

    name: str
    media_type: str
    content: bytes


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a form, by name."""

    texts: Mapping[str, tuple[str, ...]] = {}
    files: Mapping[str, tuple[Upload, ...]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.texts

    def text(self, name: str) -> str:
        """Return the text of a field; "" if it was not sent."""
        return self.texts.get(name, ("",))[-1]

    def line(self, name: str) -> str:
        """Return the text of a field without surrounding white space."""
        return self.text(name).strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Return all texts of a repeated field."""
        return self.texts.get(name, ())

    @property
    def command_id(self) -> str:
        """The id of the form's command, which makes submitting the form twice harmless."""
        return self.line("command_id")[:100]

    @property
    def seen(self) -> int | None:
        """The version of the session that the form's page showed; None if the form has none."""
        return whole_number(self.line("seen"))

    @property
    def typed(self) -> Mapping[str, str]:
        """The texts that a person typed, without passwords, by the name of the field."""
        texts = {name: text for name in self.texts if (text := self.text(name).strip())}
        return {
            name: text for name, text in texts.items() if name not in HIDDEN | _SECRET and not name.startswith("was_")
        }


async def read_form(request: Request) -> Form:
    """Read the form of a request, with line ends normalised to newlines."""
    texts: dict[str, tuple[str, ...]] = {}
    files: dict[str, tuple[Upload, ...]] = {}
    async with request.form(max_fields=_MAX_FIELDS, max_files=_MAX_FILES, max_part_size=_PART_LIMIT) as sent:
        for name, value in sent.multi_items():
            if isinstance(value, UploadFile):
                files[name] = (*files.get(name, ()), *await _uploaded(value))
            else:
                texts[name] = (*texts.get(name, ()), value.replace("\r\n", "\n"))
    return Form(texts=texts, files=files)


async def _uploaded(file: UploadFile) -> tuple[Upload, ...]:
    """Return an uploaded file; none if no file was chosen, for which browsers send an empty one without a name."""
    content = await file.read()
    if not file.filename and not content:
        return ()
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    return (Upload(name=name, media_type=file.content_type or "", content=content),)
