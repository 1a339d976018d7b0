"""How far a piece of work has come: one small object handed down, with cancel; shown by a job, or by rich in a terminal."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from layers.schema import PersonError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class CancelledError(PersonError, RuntimeError):
    """The person stopped the work; nothing of it was kept."""

    code: ClassVar[str] = "cancelled"


STEP = 5
"""Percent after which a plain line is written again for one long step."""


def _nothing(_done: int, _total: int, _text: str) -> None:
    """Report to nobody."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where work reports `done` of `total` with a short text, and learns that it was cancelled.

    Example:
        >>> seen = []
        >>> work = Progress(report=lambda *step: seen.append(step))
        >>> work.part(50, 100)(1, 2, "half of the second half")
        >>> seen
        [(75, 100, 'half of the second half')]
    """

    report: Callable[[int, int, str], None] = _nothing
    cancel: threading.Event = field(default_factory=threading.Event)

    def __call__(self, done: int, total: int, text: str = "") -> None:
        """Report a step; raise CancelledError when the person has stopped the work."""
        self.check()
        self.report(done, total, text)

    def check(self) -> None:
        """Raise CancelledError when the person has stopped the work."""
        if self.cancel.is_set():
            raise CancelledError("The work was stopped before its end; nothing of it was kept.")

    def part(self, start: int, end: int) -> Progress:
        """Give a progress whose 0..total is shown as start..end of 100."""

        def report(done: int, total: int, text: str) -> None:
            share = done / total if total else 1.0
            self.report(round(start + (end - start) * min(share, 1.0)), 100, text)

        return Progress(report=report, cancel=self.cancel)


@contextmanager
def on_terminal(title: str) -> Iterator[Progress]:
    """Show a rich bar on standard error while the block runs; plain lines where standard error is not a terminal."""
    if sys.stderr.isatty():
        yield from _bar(title)
    else:
        yield from _lines(title)


def _bar(title: str) -> Iterator[Progress]:
    from rich.console import Console  # noqa: PLC0415 - rich costs 60 ms, and --help must not pay it
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - the same
    from rich.progress import Progress as Bars  # noqa: PLC0415 - the same

    columns = (TextColumn("{task.fields[title]}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Bars(*columns, TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None, title=title)

        def report(done: int, total: int, text: str) -> None:
            bars.update(task, completed=done, total=total or None, description=text)

        yield Progress(report=report)


def _lines(title: str) -> Iterator[Progress]:
    said: list[tuple[str, int]] = []

    def report(done: int, total: int, text: str) -> None:
        percent = 100 * done // total if total else 0
        share = f"{percent:3d} %" if total else "     "
        if text and (not said or said[-1][0] != text or percent >= said[-1][1] + STEP):
            said.append((text, percent))
            sys.stderr.write(f"{title}: {share} {text}\n")
            sys.stderr.flush()

    yield Progress(report=report)
