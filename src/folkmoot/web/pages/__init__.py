"""The pages: server-rendered, readable and writable without scripts, better with them."""

from folkmoot.web.pages.app import create_pages
from folkmoot.web.pages.visit import Visit

__all__ = ["Visit", "create_pages"]
