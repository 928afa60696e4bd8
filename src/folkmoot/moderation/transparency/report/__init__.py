"""The status report: what one sends within the hour to a host, a store or an authority that doubts."""

from folkmoot.moderation.transparency.report.document import Document, document
from folkmoot.moderation.transparency.report.gather import status_report
from folkmoot.moderation.transparency.report.html import as_html
from folkmoot.moderation.transparency.report.pdf import as_pdf
from folkmoot.moderation.transparency.report.views import StatusReport

__all__ = ["Document", "StatusReport", "as_html", "as_pdf", "document", "status_report"]
