"""The process that sets one document and ends: it is given everything, and there is nothing for the document to read."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Final

MEMORY_BYTES: Final = 4 << 30
SECONDS: Final = 300


def main() -> None:
    """Read `request.json` in the folder named, write `made.pdf` beside it."""
    place = Path(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = json.loads((place / "request.json").read_text("utf-8"))

    import typst  # noqa: PLC0415 - after the limits

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[request["fonts"]])
    empty = str(place / "root")
    compiler = typst.Compiler(
        request["document"].encode("utf-8"),
        root=empty,
        font_paths=fonts,
        sys_inputs=request["inputs"],
        package_path=empty,
        package_cache_path=empty,
    )
    made = compiler.compile(format="pdf", pdf_tags=False)
    (place / "made.pdf").write_bytes(made)  # type: ignore[arg-type] # one document, one file
