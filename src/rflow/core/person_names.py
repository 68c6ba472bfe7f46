"""The normal form of people's names, and their ids. A module of its own, so that a shell prompt loads nothing else."""


def normal_name(name: str) -> str:
    """Return a name with single spaces, in Unicode form NFC."""
    name = " ".join(name.split())
    if not name.isascii():
        from unicodedata import normalize

        name = normalize("NFC", name)
    return name


def person_id(name: str) -> str:
    """Return the id of the person with this name; case makes no difference."""
    return normal_name(name).casefold()
