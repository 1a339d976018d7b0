"""A folium figure that fails closed: every script and style is ours, an address that is not in the table is an error."""

from __future__ import annotations

import base64
import mimetypes
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from branca.element import CssLink, Element, Figure, JavascriptLink
from markupsafe import escape

from map_templates.errors import AssetMissingError
from map_templates.web import assets

if TYPE_CHECKING:
    from pathlib import Path

_REMOTE: Final = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)
_SOURCE_MAP: Final = re.compile(r"(?m)^//# sourceMappingURL=.*$|/\*# sourceMappingURL=.*?\*/")
_CSS_URL: Final = re.compile(r"url\(['\"]?(?!data:|#|%23)([^)'\"]+)['\"]?\)")
_VIEWPORT: Final = re.compile(r'<meta name="viewport"[^>]*>')
_TAG: Final = re.compile(r"<(script|style|link)(?=[\s>])")
_LOADED: Final = re.compile(
    r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)\s*=\s*[\"']?((?:[a-z]+:)?//[^\"'\s>]+)", re.IGNORECASE
)
VIEWPORT: Final = '<meta name="viewport" content="width=device-width, initial-scale=1.0" />'


@dataclass(frozen=True, slots=True)
class Window:
    """The page around the map: tag of its language, title of the window, nonce for the content security policy."""

    language: str = "zh-CN"
    heading: str = ""
    nonce: str = ""


class OfflineFigure(Figure):
    """A page whose links all lead to this installation, or a single file with everything inside.

    `base` is the address of the vendor folder; `inline` embeds the files found in `folder` instead. folium and branca read what
    they have rendered as a template once more, so a name such as `{{ 7 * 7 }}` would be run: text of the data never goes
    through them. It stands in `late`, and is put in place of its marker when the page is finished.
    """

    def __init__(
        self,
        *,
        base: str = "/static/vendor",
        inline: bool = False,
        folder: Path | None = None,
        window: Window | None = None,
    ) -> None:
        super().__init__()
        self._base, self._inline, self._folder = base.rstrip("/"), inline, folder
        self._window = window or Window()
        self.late: dict[str, str] = {}

    def render(self, **kwargs: Any) -> str:
        """Write the page.

        Raises:
            AssetMissingError: An element asks for a file that is not part of the installation.
        """
        for child in list(self._children.values()):
            child.render(**kwargs)
        for name, element in list(self.header._children.items()):  # noqa: SLF001 - branca offers no other way to its links
            if isinstance(element, JavascriptLink | CssLink):
                self._settle(name, element)
        page = str(self._template.render(this=self, kwargs=kwargs))
        page = page.replace("<html>", f'<html lang="{escape(self._window.language)}">', 1)
        page = _VIEWPORT.sub(VIEWPORT, page)
        left = _LOADED.search(page)
        if left:
            raise AssetMissingError(f"The page would load {left[1]}, which is not part of this installation.")
        if self._window.nonce:
            page = _TAG.sub(rf'<\1 nonce="{escape(self._window.nonce)}"', page)
        for marker, content in self.late.items():
            page = page.replace(marker, content, 1)
        return page.replace("<head>", f"<head>\n<title>{escape(self._window.heading)}</title>", 1)

    def _settle(self, name: str, element: JavascriptLink | CssLink) -> None:
        if not _REMOTE.match(element.url):
            return
        item = assets.asset(name, element.url)
        children = self.header._children  # noqa: SLF001 - as above
        if item is None:
            del children[name]
        elif self._inline:
            children[name] = Element("{% raw %}" + embed(assets.locate(item, self._folder)) + "{% endraw %}")
        else:
            element.url = f"{self._base}/{item.vendored}"


def embed(path: Path) -> str:
    """Give a script or style as an element of the page, its images as data addresses, its source map dropped."""
    text = _SOURCE_MAP.sub("", path.read_text("utf-8"))
    if path.suffix == ".css":
        return f"<style>{_CSS_URL.sub(lambda match: _as_data(path.parent, match), text)}</style>"
    return "<script>" + text.replace("</script", "<\\/script") + "</script>"


def _as_data(folder: Path, match: re.Match[str]) -> str:
    file = folder / re.split(r"[?#]", match[1], maxsplit=1)[0]
    if not file.is_file():
        return "none"
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"url(data:{kind};base64,{base64.b64encode(file.read_bytes()).decode('ascii')})"
