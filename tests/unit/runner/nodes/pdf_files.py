"""PDFs as a program of an office makes them."""

import io

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas
from reportlab.platypus import PageBreak, SimpleDocTemplate, Table, TableStyle

GRID = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)])


def pages(*texts: str, password: str | None = None) -> bytes:
    """A page for each text."""
    file = io.BytesIO()
    sheet = canvas.Canvas(file, pagesize=A4, encrypt=password)
    sheet.setTitle("Report")
    for text in texts:
        for line, words in enumerate(text.split("\n")):
            sheet.drawString(72, 700 - 20 * line, words)
        sheet.showPage()
    sheet.save()
    return file.getvalue()


def tables(*contents: list[list[str]]) -> bytes:
    """A page with a ruled table for each content."""
    file = io.BytesIO()
    story = []
    for content in contents:
        story += [Table(content, style=GRID), PageBreak()]
    SimpleDocTemplate(file, pagesize=A4).build(story)
    return file.getvalue()
