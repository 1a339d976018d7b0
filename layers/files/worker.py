"""The reading process: a server that imports GDAL once without its other drivers, and forks one locked-down child per file.

Started by `layers.files.sandbox` with a socket as standard input. For each request the server forks; the child confines itself,
reads, writes one message into a pipe and ends. The server never looks at a file itself.
"""

from __future__ import annotations

import os
import sys

from layers.files.confinement import confine, die_with_parent, leave_network

ALLOWED_DRIVERS = ("ESRI Shapefile", "GPKG", "LIBKML", "KML", "FlatGeobuf")
OTHER_DRIVERS = (
    *("MEM", "PCIDSK", "PDS4", "VICAR", "PDF", "MBTiles", "EEDA", "OGCAPI", "GDALG", "MapInfo File", "LVBAG", "S57"),
    *("DGN", "OGR_VRT", "CSV", "GML", "GPX", "GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON", "OGR_GMT", "SQLite"),
    *("WAsP", "OpenFileGDB", "DXF", "GeoRSS", "VFK", "PGDUMP", "OSM", "GPSBabel", "OGR_PDS", "WFS", "OAPIF"),
    *("EDIGEO", "Idrisi", "ODS", "XLSX", "Elasticsearch", "Carto", "AmigoCloud", "SXF", "Selafin", "JML", "PLSCENES"),
    *("CSW", "VDV", "MVT", "NGW", "MapML", "GTFS", "PMTiles", "JSONFG", "MiraMonVector", "ADBC", "AVCBin", "AVCE00"),
    *("AIVector", "HTTP", "Memory", "netCDF", "HDF5", "PostgreSQL", "MySQL", "ODBC", "MSSQLSpatial", "OCI", "DWG"),
    *("FileGDB", "Parquet", "Arrow", "HANA", "MongoDBv3", "NAS", "GMLAS", "ILI", "Interlis 1", "Interlis 2", "SOSI"),
    *("CAD", "VRT", "LIBERTIFF", "GNMFile", "GNMDatabase", "Walk", "PGeo", "Geoconcept", "XODR", "AIS"),
)
"""Drivers of any build of GDAL that we know of; those that a build adds are found at start and switched off too."""
SETTINGS = {
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",
    "GDAL_HTTPS_PROXY": "http://127.0.0.1:9",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE",
    "CPL_TMPDIR": "/nonexistent",
    "PROJ_NETWORK": "OFF",
    "LIBKML_RESOLVE_STYLE": "NO",
    "GDAL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}
"""The whole environment of the reading process: no secret of the server is in it."""

EXIT_REFUSED_DRIVER = 70


def environment(extra_drivers: tuple[str, ...] = ()) -> dict[str, str]:
    """Give the environment to start the reading process with."""
    return SETTINGS | {"OGR_SKIP": ",".join((*OTHER_DRIVERS, *extra_drivers)), "GDAL_SKIP": ""}


def check_drivers() -> tuple[str, ...]:
    """Give the drivers in force that are not allowed; empty when the allowlist holds."""
    import pyogrio  # noqa: PLC0415 - only after the environment and the namespaces are settled

    return tuple(sorted(set(pyogrio.list_drivers()) - set(ALLOWED_DRIVERS)))


def main() -> None:
    """Serve requests from standard input (a socket) until it closes."""
    die_with_parent()
    isolated = leave_network()
    surplus = check_drivers()
    if surplus and "XIANGTU_SECOND_START" in os.environ:
        sys.exit(EXIT_REFUSED_DRIVER)
    if surplus:
        again = environment(surplus) | {"XIANGTU_SECOND_START": "1"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], again)  # noqa: S606 - our own program, no shell
    from layers.files.worker_server import serve  # noqa: PLC0415 - imports GDAL, so only after the checks above

    serve(isolated=isolated, confine=confine)
