"""Books as an office prints them: what stands in one (`Book`), typeset as PDF (typst) or written as a workbook (openpyxl)."""

from map_templates.books.errors import BookTooLongError, TypesettingError
from map_templates.books.notice import NoticeSheet, notice_pdf
from map_templates.books.shape import Align, Book, Cell, Column, Group, Line, lines
from map_templates.books.typesetting import book_pdf
from map_templates.books.workbook import book_xlsx

__all__ = [
    "Align",
    "Book",
    "BookTooLongError",
    "Cell",
    "Column",
    "Group",
    "Line",
    "NoticeSheet",
    "TypesettingError",
    "book_pdf",
    "book_xlsx",
    "lines",
    "notice_pdf",
]
