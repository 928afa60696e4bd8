"""A status report as a PDF, A4, with the fonts every reader has (fpdf2)."""

from __future__ import annotations

import unicodedata

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos
from fpdf.fonts import FontFace

from folkmoot.moderation.transparency.report.document import (
    Bars,
    Document,
    Facts,
    Heading,
    Part,
    Quoted,
    Sentence,
    Table,
)

FONT, FIXED = "Helvetica", "Courier"
INK, QUIET, LINE, BAR, BEHIND = (31, 41, 55), (75, 85, 99), (209, 213, 219), (29, 91, 68), (203, 213, 209)
MARGIN = 18
CHART_HEIGHT = 38
FACTS_ACROSS = 3
_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "·": "-", "\u00a0": " "}
)


def plain(text: str) -> str:
    """The text in the letters the built-in fonts have (Latin-1): others without their marks, or as a question mark."""
    found = []
    for letter in unicodedata.normalize("NFC", text.translate(_PLAIN)):
        if ord(letter) < 256:
            found.append(letter)
        else:
            found.append(unicodedata.normalize("NFD", letter).encode("latin-1", "ignore").decode("latin-1") or "?")
    return "".join(found)


class _Page(FPDF):
    def __init__(self, document: Document) -> None:
        super().__init__(format="A4")
        self._foot = plain(f"{document.title} - {document.subtitle}")
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN)
        self.set_title(plain(document.title))
        self.set_lang(document.language)
        self.set_creator("Folkmoot")
        self.set_creation_date(document.made_at)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FONT, size=8)
        self.set_text_color(*QUIET)
        self.cell(self.epw - 15, 5, self._foot[:110])
        self.cell(15, 5, f"{self.page_no()}/{{nb}}", align=Align.R)

    def room_for(self, height: float) -> None:
        """Begin a page unless this much of it is left, in mm."""
        if self.get_y() + height > self.h - MARGIN:
            self.add_page()

    def line_of(
        self, text: str, size: float, height: float, style: str = "", colour: tuple[int, int, int] = INK
    ) -> None:
        self.set_font(FONT, style, size)
        self.set_text_color(*colour)
        self.multi_cell(self.epw, height, plain(text), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def as_pdf(document: Document) -> bytes:
    """The PDF's bytes; the same document gives the same bytes."""
    page = _Page(document)
    page.add_page()
    page.line_of(document.title, 18, 9, "B")
    page.line_of(document.subtitle, 10, 6, colour=QUIET)
    page.ln(2)
    for part in document.parts:
        _draw(page, part)
    return bytes(page.output())


def _draw(page: _Page, part: Part) -> None:
    match part:
        case Heading(text):
            page.room_for(40)
            page.ln(3)
            page.start_section(plain(text))
            page.line_of(text, 13, 8, "B")
            page.set_draw_color(*LINE)
            page.line(page.l_margin, page.get_y(), page.w - page.r_margin, page.get_y())
            page.ln(2)
        case Sentence(text):
            page.line_of(text, 10, 5.2)
            page.ln(1.5)
        case Quoted(text):
            page.room_for(30)
            page.set_font(FIXED, size=8)
            page.set_text_color(*INK)
            page.set_fill_color(243, 244, 246)
            page.multi_cell(page.epw, 4.2, plain(text), align=Align.L, fill=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            page.ln(2)
        case Facts(of):
            _facts(page, of)
        case Table():
            _table(page, part)
        case Bars():
            _bars(page, part)


def _facts(page: _Page, of: tuple[tuple[str, str], ...]) -> None:
    width = page.epw / FACTS_ACROSS
    for start in range(0, len(of), FACTS_ACROSS):
        page.room_for(20)
        top, lowest = page.get_y(), page.get_y()
        for column, (figure, text) in enumerate(of[start : start + FACTS_ACROSS]):
            page.set_xy(page.l_margin + column * width, top)
            page.set_font(FONT, "B", 14)
            page.set_text_color(*BAR)
            page.cell(width - 4, 7, plain(figure), new_x=XPos.LEFT, new_y=YPos.NEXT)
            page.set_font(FONT, size=8.5)
            page.set_text_color(*QUIET)
            page.multi_cell(width - 4, 4, plain(text), new_x=XPos.LEFT, new_y=YPos.NEXT, align=Align.L)
            lowest = max(lowest, page.get_y())
        page.set_xy(page.l_margin, lowest + 2)


def _table(page: _Page, table: Table) -> None:
    page.room_for(16 + 6 * min(len(table.rows), 3))
    page.line_of(table.name, 9.5, 6, "B")
    page.set_font(FONT, size=8.5)
    page.set_text_color(*INK)
    page.set_draw_color(*LINE)
    page.set_fill_color(255, 255, 255)  # the chart before may have left its own
    with page.table(
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="BOLD", color=QUIET),
        line_height=5,
        text_align=Align.L,
        col_widths=(1.5, *[1] * (len(table.columns) - 1)),
        padding=(0.4, 1.5, 0.4, 0),
    ) as drawn:
        for cells in (table.columns, *table.rows):
            row = drawn.row()
            for cell in cells:
                row.cell(plain(cell))
    page.ln(3)


def _bars(page: _Page, chart: Bars) -> None:
    page.room_for(CHART_HEIGHT + 22)
    page.line_of(chart.name, 9.5, 6, "B")
    top, left = page.get_y() + 2, page.l_margin + 12
    width, most = page.epw - 12, max([*chart.values, *chart.behind, 1.0])
    page.set_font(FONT, size=7)
    page.set_text_color(*QUIET)
    page.set_draw_color(*LINE)
    for at in (0.0, 0.5, 1.0):
        y = top + CHART_HEIGHT * (1 - at)
        page.line(left, y, left + width, y)
        page.set_xy(page.l_margin, y - 2)
        page.cell(10, 4, f"{most * at:,.0f}", align=Align.R)
    step = width / max(len(chart.values), 1)
    for number, value in enumerate(chart.values):
        x = left + number * step
        if chart.behind:
            tall = CHART_HEIGHT * chart.behind[number] / most
            page.set_fill_color(*BEHIND)
            page.rect(x + step * 0.08, top + CHART_HEIGHT - tall, step * 0.84, tall, style="F")
        tall, inner = CHART_HEIGHT * value / most, step * (0.25 if chart.behind else 0.1)
        page.set_fill_color(*BAR)
        page.rect(x + inner, top + CHART_HEIGHT - tall, step - 2 * inner, tall, style="F")
        page.set_xy(x, top + CHART_HEIGHT + 1)
        page.cell(step, 4, plain(chart.labels[number]), align=Align.C)
    page.set_xy(page.l_margin, top + CHART_HEIGHT + 8)
