"""Completion of arguments and option values in the shell. It never fails: after an error it offers nothing."""

from collections.abc import Callable, Iterator
from typing import Any

from rflow.cli.app import App
from rflow.service.trees import node_of, tree_of

Offer = tuple[str, str]


def _quiet(offer: Callable[[App], Iterator[Offer]]) -> Callable[[Any, str], list[Offer]]:
    """Turn a function that yields (word, meaning) into a completer, which filters the words and hides all errors.

    `functools.wraps` is not used, because Typer passes the parameters by name.
    """

    def complete(ctx: Any, incomplete: str) -> list[Offer]:
        try:
            app = App(**{name: ctx.find_root().params.get(name) for name in ("store", "user", "session", "config")})
            try:
                return [(word, meaning) for word, meaning in offer(app) if _fits(word, incomplete)]
            finally:
                app.close()
        except Exception:  # noqa: BLE001 - an error in the middle of typing helps nobody
            return []

    return complete


def _fits(word: str, incomplete: str) -> bool:
    """Whether to offer a word; one that starts with "-" would be parsed as an option."""
    return word.startswith(incomplete) and not word.startswith("-")


@_quiet
def codes(app: App) -> Iterator[Offer]:
    """Offer the codes of the most recently updated sessions."""
    from rflow.core.session.head import Query

    yield from ((head.code, head.title) for head in app.workspace.heads(Query(limit=50)).heads)


@_quiet
def trees(app: App) -> Iterator[Offer]:
    """Offer the trees of the store."""
    yield from ((name.id, name.title) for name in app.workspace.tree_names())


@_quiet
def choices(app: App) -> Iterator[Offer]:
    """Offer the choices at the position."""
    from rflow.core.tree.model import Decision

    session = app.session()
    tree = tree_of(app.workspace, session)
    node = node_of(session, tree)
    if isinstance(node, Decision):
        yield from ((choice.label, f"choice {number}") for number, choice in enumerate(node.choices, 1))


@_quiet
def entries(app: App) -> Iterator[Offer]:
    """Offer the entries of the session, newest first."""
    from rflow.cli.display.entries import text_of, word_for

    session = app.session()
    for seq in sorted(session.kinds, reverse=True):
        entry = session.entry(seq)
        if entry is not None:
            yield str(seq), f"{word_for(entry)} {text_of(entry)}"


def questions(ctx: Any, incomplete: str) -> list[Offer]:
    """Offer the open questions for the first word; the words after it are the answer."""
    return [] if ctx.params.get("words") else _open_questions(ctx, incomplete)


@_quiet
def _open_questions(app: App) -> Iterator[Offer]:
    for question in app.session().questions.values():
        if question.is_open:
            yield str(question.seq), f"to {question.to.name}: {question.text}"


@_quiet
def formats(app: App) -> Iterator[Offer]:
    """Offer the output formats."""
    from rflow.cli.custom_formats import listed

    yield from ((entry.name, entry.description) for entry in listed(app.settings.folders))


@_quiet
def own_formats(app: App) -> Iterator[Offer]:
    """Offer the formats with a template."""
    from rflow.cli.custom_formats import listed

    entries = listed(app.settings.folders)
    yield from ((entry.name, entry.description) for entry in entries if entry.path)


@_quiet
def links(app: App) -> Iterator[Offer]:
    """Offer the links that still work."""
    from rflow.core.sharing import state_of

    now = app.workspace.now()
    for one in app.workspace.shares():
        if state_of(one.share, now) == "live":
            yield one.share.id, one.share.label or f"ends in {one.share.ending}"


@_quiet
def people(app: App) -> Iterator[Offer]:
    """Offer the people in this store."""
    yield from ((somebody.name, "") for somebody in app.workspace.people())


@_quiet
def settings(app: App) -> Iterator[Offer]:
    """Offer the settings, including those of configured targets."""
    from rflow.settings import setting_named

    yield from ((name, setting_named(name).meaning) for name in app.settings.values)


@_quiet
def targets(app: App) -> Iterator[Offer]:
    """Offer the targets that summaries can be posted to."""
    from rflow.delivery.webhooks.targets import redact_url

    yield from ((name, redact_url(app.settings[f"targets.{name}.url"].text)) for name in app.settings.targets)
