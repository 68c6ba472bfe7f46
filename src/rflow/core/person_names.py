"""The names of people, and the ids that follow from them; a shell prompt needs these without loading more."""


def normal_name(name: str) -> str:
    """Return a name with single spaces, and each accent composed in one way."""
    name = " ".join(name.split())
    if not name.isascii():
        from unicodedata import normalize

        name = normalize("NFC", name)
    return name


def person_id(name: str) -> str:
    """Return the id of the person with this name: capitals make no difference."""
    return normal_name(name).casefold()
