"""The live page of a link, its script, and the pages shown instead of it."""

from base64 import b64encode
from functools import cache
from hashlib import sha256

from rflow.core.sharing import Share
from rflow.core.summary.progress import Progress
from rflow.data import data_dir


@cache
def _file(name: str) -> str:
    return (data_dir("templates") / "web" / name).read_text("utf-8")


SCRIPT = _file("live.js").encode()
SCRIPT_PATH = f"/static/live-{sha256(SCRIPT).hexdigest()[:16]}.js"
"""The address of the script, which changes with its content, so that browsers may keep it forever."""

ENDED = _file("ended.html").encode()
"""The page for every link that does not work: unknown, expired, revoked, or of a deleted session."""

PREVIEW = _file("preview.html").encode()
"""The page for preview bots: it says that this is a session, and nothing about it."""


def policy(text: str) -> str:
    """Return the content security policy of a page: its own style sheets by their hashes, our script, nothing else."""
    styles = [part.partition("</style>")[0] for part in text.split("<style>")[1:]]
    allowed = " ".join(f"'sha256-{_hash(style)}'" for style in styles) or "'none'"
    return (
        f"default-src 'none'; style-src {allowed}; script-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def live_page(progress: Progress, share: Share, version: int) -> str:
    """Render the page of a link: the HTML format with live updates."""
    from rflow.formats import render_page

    return render_page("share.html.j2", progress, share=share, version=version, script=SCRIPT_PATH)
