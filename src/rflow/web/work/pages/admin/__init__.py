"""Pages for administrators of a server and leads of spaces: accounts, spaces, tokens, the audit."""

from rflow.web.work.call import Page
from rflow.web.work.pages.admin import accounts, audit, spaces, tokens

PAGES: tuple[Page, ...] = (*accounts.PAGES, *spaces.PAGES, *tokens.PAGES, *audit.PAGES)
