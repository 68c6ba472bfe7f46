"""How Sphinx builds the documentation: `make docs`."""

import re
from pathlib import Path

HERE = Path(__file__).parent
project = "rflow"
copyright = "the rflow authors"
version = release = re.findall(r'__version__ = "(.+)"', (HERE.parent / "src/rflow/__init__.py").read_text("utf-8"))[0]
extensions = ["myst_parser"]
exclude_patterns = ["decisions/*", "images"]
html_theme = "furo"
html_title = f"rflow {version}"
html_show_sphinx = False
html_copy_source = False
myst_heading_anchors = 3
myst_url_schemes = ["http", "https", "mailto"]
pygments_style = "friendly"
# Links to files outside docs/ (tests/test_docs.py checks that they exist), and blocks in languages Pygments can't read.
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]
highlight_language = "none"
man_pages = [("manual", "rflow", "answers what you have tried so far", "", 1)]
man_show_urls = True
today = " "  # the manual page is committed: it changes when the commands do, not every day
