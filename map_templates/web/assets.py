"""The front-end files of the web map: which of folium's links we use, where npm puts them, where the server finds them.

At set-up `python -m map_templates.web.assets DEST` copies them from node_modules to the static folder; nothing is fetched later.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from map_templates.errors import AssetMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its place below the vendor folder and its place below node_modules; `beside` are folders copied with it."""

    vendored: str
    module: str
    beside: tuple[str, ...] = ()


_LEAFLET_CSS: Final = Asset("leaflet/leaflet.css", "leaflet/dist/leaflet.css", ("images",))
_GEOMAN: Final = "@geoman-io/leaflet-geoman-free/dist"

ASSETS: Final[Mapping[str, Asset | None]] = {
    "leaflet": Asset("leaflet/leaflet.js", "leaflet/dist/leaflet.js"),
    "leaflet_css": _LEAFLET_CSS,
    "leaflet_geoman_js": Asset("geoman/leaflet-geoman.min.js", f"{_GEOMAN}/leaflet-geoman.min.js"),
    "leaflet_geoman_css": Asset("geoman/leaflet-geoman.css", f"{_GEOMAN}/leaflet-geoman.css"),
    "protomaps_leaflet": Asset("protomaps/protomaps-leaflet.js", "protomaps-leaflet/dist/protomaps-leaflet.js"),
    "jquery": None,
    "bootstrap": None,
    "bootstrap_css": None,
    "glyphicons_css": None,
    "awesome_markers": None,
    "awesome_markers_font_css": None,
    "awesome_markers_css": None,
    "awesome_rotate_css": None,
}
"""folium's name of a link → our file, or None where our maps do not use it. A link that is not named here is an error."""


def asset(name: str, address: str = "") -> Asset | None:
    """Give the file for folium's name of a link, or None where it is left out.

    Raises:
        AssetMissingError: The link is not part of the installation; it must not be fetched.
    """
    if name not in ASSETS:
        raise AssetMissingError(
            f"The web map asks for {name} ({address}), which is not part of this installation; add it to ASSETS."
        )
    return ASSETS[name]


def locate(item: Asset, folder: Path | None = None) -> Path:
    """Find a file in a vendor folder or a node_modules folder; by default in those beside this package.

    Raises:
        AssetMissingError: The file is in none of them: set-up has not been run.
    """
    folders = (folder,) if folder is not None else (ROOT / "geo_app" / "static" / "vendor", ROOT / "node_modules")
    for place in folders:
        for relative in (item.vendored, item.module):
            if (place / relative).is_file():
                return place / relative
    raise AssetMissingError(
        f"The front-end file {item.vendored} is missing; run scripts/setup, which installs it from package-lock.json."
    )


def copy_assets(destination: Path, modules: Path | None = None) -> list[Path]:
    """Copy every file that the maps use from node_modules into a vendor folder and give the copies."""
    copies = []
    for item in filter(None, ASSETS.values()):
        source = locate(item, modules or ROOT / "node_modules")
        target = destination / item.vendored
        target.parent.mkdir(parents=True, exist_ok=True)
        copies.append(Path(shutil.copyfile(source, target)))
        for name in item.beside:
            shutil.copytree(source.parent / name, target.parent / name, dirs_exist_ok=True)
    return copies


def main(arguments: Sequence[str] | None = None) -> int:
    """Copy the files to the folder named on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m map_templates.web.assets", description="Copy the front-end files of the maps."
    )
    parser.add_argument("destination", type=Path, help="vendor folder below the static folder")
    parser.add_argument("--modules", type=Path, default=None, help="node_modules folder (default: beside the package)")
    options = parser.parse_args(arguments)
    copy_assets(options.destination, options.modules)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
