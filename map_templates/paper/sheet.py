"""A sheet of paper with one coordinate system: millimetres from the lower left corner, for the map as for its furniture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Stroke

from map_templates import palette
from map_templates.fonts import GETA, MM_PER_POINT, Fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

MM_PER_INCH: Final = 25.4


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle on the sheet: lower left corner, width and height in millimetres."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.x + self.width

    @property
    def top(self) -> float:
        """Top edge."""
        return self.y + self.height

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top."""
        return (self.x, self.y, self.right, self.top)

    def shrunk(self, by: float) -> Rect:
        """The rectangle that lies `by` millimetres inside."""
        return Rect(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)


@dataclass(frozen=True, slots=True)
class Type:
    """How a piece of text is set: size in points, face, colour, alignment, turn in degrees, width of a white halo in points."""

    size_pt: float = 7.0
    face: str = "sans"
    colour: str = palette.INK
    ha: str = "left"
    va: str = "center_baseline"
    turn: float = 0.0
    halo_pt: float = 0.0
    zorder: float = 40.0


@dataclass
class Sheet:
    """The page being drawn: its figure, the axes in millimetres, the fonts, and the characters that no font could draw."""

    width_mm: float
    height_mm: float
    fonts: Fonts
    language: str
    figure: Figure = field(init=False)
    axes: Axes = field(init=False)
    missing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Lay out an empty page; one unit of the axes is one millimetre of paper."""
        self.figure = Figure(figsize=(self.width_mm / MM_PER_INCH, self.height_mm / MM_PER_INCH), facecolor=palette.PAPER)
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_xlim(0, self.width_mm)
        self.axes.set_ylim(0, self.height_mm)
        self.axes.set_axis_off()

    def write(self, x: float, y: float, text: str, setting: Type, **more: Any) -> None:
        """Set text; the halo is a stroke of its own below it, so that the text itself stays text in a PDF."""
        shown = self._drawable(text, setting.face)
        common = {
            "fontproperties": self.fonts.face(setting.face),
            "fontsize": setting.size_pt,
            "ha": setting.ha,
            "va": setting.va,
            "rotation": setting.turn,
            "rotation_mode": "anchor",
            "parse_math": False,
            **more,
        }
        if setting.halo_pt:
            halo = self.axes.text(x, y, shown, color=palette.PAPER, zorder=setting.zorder - 0.5, **common)
            halo.set_path_effects([Stroke(linewidth=setting.halo_pt, foreground=palette.PAPER, alpha=0.9)])
        self.axes.text(x, y, shown, color=setting.colour, zorder=setting.zorder, **common)

    def _drawable(self, text: str, face: str) -> str:
        """Put a geta mark for characters without a glyph and remember them."""
        lost = self.fonts.missing([text], face)
        self.missing |= lost
        return "".join(GETA if character in lost else character for character in text)

    def lines(self, x: float, y: float, texts: list[str], setting: Type) -> float:
        """Set lines below one another, the first with its centre at `y`; give the y of the line that would follow."""
        step = setting.size_pt * MM_PER_POINT * 1.38
        for text in texts:
            self.write(x, y, text, setting)
            y -= step
        return y

    def rectangle(self, rect: Rect, **style: Any) -> Patch:
        """Draw a rectangle."""
        style.setdefault("fill", "facecolor" in style)
        return self.axes.add_patch(Rectangle((rect.x, rect.y), rect.width, rect.height, **style))

    def clip(self, rect: Rect) -> Rectangle:
        """Give a clip for what must stay inside a rectangle of the sheet."""
        return Rectangle((rect.x, rect.y), rect.width, rect.height, transform=self.axes.transData)


def points(mm: float) -> float:
    """Millimetres as points.

    Examples:
        >>> round(points(25.4), 6)
        72.0
    """
    return mm / MM_PER_POINT
