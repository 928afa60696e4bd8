"""Reports: somebody objects. They are evidence, never votes: what they weigh is how often their author was right."""

from folkmoot.moderation.reports.find import find_reports, own_reports, receipt
from folkmoot.moderation.reports.report import report, report_by_form
from folkmoot.moderation.reports.views import Category, Outcome, Receipt, ReportView

__all__ = [
    "Category",
    "Outcome",
    "Receipt",
    "ReportView",
    "find_reports",
    "own_reports",
    "receipt",
    "report",
    "report_by_form",
]
