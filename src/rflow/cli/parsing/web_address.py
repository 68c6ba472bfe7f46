"""Checking the base URL of links, for `share.base_url` and `serve --public-url`."""

from urllib.parse import urlsplit

from rflow.errors import UsageProblem


def base_url(text: str, name: str) -> str:
    """Return a base URL without a trailing slash; raise `UsageProblem` if it is invalid.

    `name` is the option or setting that it is the value of.
    """
    problem = _problem(text)
    if problem:
        raise UsageProblem(
            f"{name} is not the start of a link: {problem}.", try_="Write it as https://rflow.example.com or …/rflow"
        )
    return text.rstrip("/")


def _problem(text: str) -> str:
    """Return what is wrong with an address; "" if nothing is."""
    if not text.isprintable() or any(letter.isspace() or letter in "\"'<>\\^`{|}" for letter in text):
        return "it holds a character that no address has"
    try:
        parts = urlsplit(text)
        port_is_read = parts.port is None or parts.port > 0
    except ValueError:
        return "its host or port can't be read"
    if parts.scheme.lower() not in ("http", "https"):
        return "it does not begin with https:// or http://"
    if not parts.hostname or not port_is_read:
        return "it names no host"
    if "@" in parts.netloc:
        return "a user name or password in it would be in every link"
    if "?" in text or "#" in text:
        return "what follows ? or # would come before the rest of the link"
    return ""
