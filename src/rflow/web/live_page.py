"""The live page of a link."""

from datetime import datetime

from rflow.core.sharing import Share
from rflow.core.summary.progress import Progress
from rflow.web.pages import SCRIPT, STYLE


def live_page(
    progress: Progress, share: Share, version: str, stale_at: datetime | None = None, *, resume: bool = False
) -> str:
    """Render the page of a link: the HTML format with live updates and, with `resume`, a link for continuing.

    The page reloads at `stale_at`, even if nothing was added to the session. Its files have paths relative to the page,
    /share/TOKEN, so that they load below any path of a proxy.
    """
    from rflow.formats import render_page

    files = {"script": f"..{SCRIPT.path}", "style": f"..{STYLE.path}"}
    return render_page(
        "share.html.j2", progress, share=share, version=version, stale_at=stale_at, resume=resume, **files
    )
