"""The live page of a link."""

from pathlib import Path

from rflow.core.sharing import Share
from rflow.core.summary.progress import Progress
from rflow.web.pages import SCRIPT, STYLE


def live_page(progress: Progress, share: Share, version: int, templates: Path | None) -> str:
    """Render the page of a link: the HTML format with live updates."""
    from rflow.formats import render_page

    files = {"script": SCRIPT.path, "style": STYLE.path}
    return render_page("share.html.j2", progress, templates, share=share, version=version, **files)
