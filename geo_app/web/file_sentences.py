"""Sentences of files that cannot be taken, as `sentences` recognises and says them in the reader's language."""

from __future__ import annotations


def _(text: str) -> str:
    """Mark a text for the catalogue; it is looked up when it is said."""
    return text


FORMS = (
    _("%(name)s cannot be read: expected one of %(names)s, found %(found)s"),
    _("There is no file %(name)s."),
    _("%(name)s is larger than %(most)s MB, the most that is taken here."),
    _("Choose a file first"),
    _("Check the file first"),
    _("Choose the layer that the file feeds; there is none named %(name)s that you may change"),
    _("These names are neither fields of %(layer)s nor columns of the file: %(found)s"),
    _("The mode must be one of %(names)s, found %(found)s"),
    _("The repairs must be a list of names"),
    _("%(field)s must be an object of names and values"),
    _("There is no recipe %(name)s. Give the path of a recipe.toml."),
    _("The recipe %(name)s needs files that are not in the data folder: %(names)s."),
    _("The recipe is longer than a recipe can be."),
    _("The recipe %(name)s cannot be read: give a TOML file in UTF-8."),
    _("The recipe is no TOML: %(found)s."),
    _("There is no repair %(name)s; there are: %(names)s."),
    _("The archive has no end record: it is cut short or is no zip. Pack it again."),
    _("The archive is in the zip64 form, which holds more than we take. Pack fewer and smaller files."),
    _("The archive holds a file whose path leads outside of it. Pack the files themselves, without paths."),
    _("The archive holds a symbolic link. Pack the file that it points to."),
    _("The archive is encrypted. Pack it again without a password."),
    _("The archive uses a compression other than deflate. Pack it again as a plain zip."),
    _("The archive holds another archive or a virtual dataset. Unpack that first."),
    _("The archive has overlapping files, as only a made-up one has. Pack it again."),
    _(
        "The shapefile %(name)s has no %(found)s beside it. A shapefile is read only with .shp, .shx and .dbf together: "
        "pack all of them."
    ),
    _("The archive is empty. Pack the files again."),
    _("The archive holds two files of the same name. Pack it again with one of them."),
    _("The archive's table of contents is damaged. Pack it again."),
    _("A file of the archive is damaged. Pack it again."),
    _("A file of the archive is longer than it declares. Pack it again."),
    _(
        "The file is in %(name)s (%(own)s). No transformation grid to CGCS2000 is public; without one the data would be off "
        "by tens of metres (a ballpark shift only). Ask the surveying department to convert it to EPSG:4490 and load that."
    ),
    _("The coordinate system %(name)s has no place on the earth. Give the file in EPSG:4490 or EPSG:4326."),
    _("From %(name)s there is only a ballpark shift to CGCS2000 here. Convert the file to EPSG:4490 first and load that."),
    _("No coordinate system is known as %(name)s. Give an EPSG code such as EPSG:4490, or GCJ-02 or BD-09."),
    _("%(name)s has no column %(own)s; its columns are: %(names)s. Correct `columns` of the feed."),
    _("The feed of %(layer)s joins %(name)s, which was not given."),
    _("`geometry_from` of the feed of %(layer)s names a field that the feed does not fill."),
    _("%(name)s has no column %(own)s, which `join` names."),
    _("The file could not be read as CSV. It is empty or holds binary data."),
    _("The file could not be read as CSV. A cell is too long or a quote is never closed."),
    _("The file could not be read as CSV. Its texts are not in the encoding it is taken for."),
    _("The file could not be read as CSV. Its texts are neither UTF-8 nor GB18030."),
    _("The file could not be read as CSV. Its texts are not in the encoding it begins with."),
    _("The file could not be read as XLSX. The sheet's first row, the header, is empty."),
    _("The file could not be read as GeoPackage. It is no SQLite database."),
    _("The file could not be read as GeoPackage. Its texts are not in UTF-8."),
    _("The file could not be read as GeoPackage. It holds %(found)s; only tables are taken. Save the layer as a new GeoPackage."),
    _("The file could not be read as GeoPackage. Its list of tables is damaged."),
    _("The file could not be read as GeoPackage. The description of a table is too long."),
    _("The file could not be read as GeoJSON. It contains %(found)s, which is no JSON number."),
    _("The file could not be read as GeoJSON. It contains the number %(found)s, which no computer holds."),
    _("The file could not be read as GeoJSON. GeoJSON is always in UTF-8, this text is not. Save it as UTF-8."),
    _("The file could not be read as GeoJSON. It is nested too deeply."),
    _("The file could not be read as GeoJSON. It is no JSON, or it is cut short."),
    _("The file could not be read as GeoJSON. It is JSON, but no feature collection."),
    _(
        "The file could not be read as GeoJSON. Its `crs` member is a link or not a plain EPSG name. "
        "Name the coordinate system by its EPSG code."
    ),
    _(
        "The file could not be read as GeoJSON. A geometry carries a `crs` of its own. "
        "Name the coordinate system once, at the top."
    ),
    _("The file could not be read as GeoJSON. Its `features` member is no list."),
    _("The file could not be read as GeoJSON. Feature %(number)s is not a plain feature."),
    _("The file could not be read as GeoJSON. The properties of feature %(number)s are no object."),
    _("The file could not be read as Shapefile. The .%(name)s is no part of a shapefile."),
    _("The file could not be read as Shapefile. The .%(name)s claims another length than it has: it is cut short or damaged."),
    _("The file could not be read as Shapefile. The .%(name)s holds a kind of shape that does not exist."),
    _("The file could not be read as Shapefile. A record claims a place or a length that the file does not have."),
    _("The file could not be read as Shapefile. A record holds a kind of shape that does not exist."),
    _("The file could not be read as Shapefile. A record claims more points than it holds."),
    _("The file could not be read as Shapefile. The .dbf is cut short."),
    _("The file could not be read as Shapefile. The .dbf claims more records than it holds."),
    _(
        "The file could not be read as Shapefile. The .dbf has %(number)s rows and the .shx has %(count)s: "
        "they do not belong together."
    ),
    _("The file could not be read as KML. Its root is not <kml>."),
    _("The file could not be read as KML. Its elements nest deeper than %(most)s."),
    _("The file could not be read as KML. It declares a document type (DOCTYPE), which a map file never needs. Remove it."),
    _("The file could not be read as KML. It is not well-formed XML."),
    _("The file could not be read as %(name)s. It has no layer %(found)s; it has: %(names)s"),
    _("The file could not be read as %(name)s. It holds no layer."),
    _("The file could not be read as GeoJSON. %(found)s"),
    _("The file could not be read as Shapefile. %(found)s"),
    _("The file could not be read as %(name)s."),
    _("The file is empty."),
    _("This type of file is not taken. Give a zipped shapefile, GeoPackage, GeoJSON, KML, KMZ, FlatGeobuf, CSV or XLSX."),
    _("The archive holds no shapefile (.shp with .shx and .dbf) and not exactly one other map file."),
    _("The archive has no shapefile %(name)s; it has: %(names)s"),
    _("The KMZ holds no .kml."),
    _("The workbook has no sheet %(name)s; it has: %(names)s"),
    _("The file passes the limit %(name)s = %(most)s %(unit)s. It has %(found)s. Split it, or ask for a higher limit."),
    _("The file passes the limit %(name)s = %(most)s %(unit)s. Split it, or ask for a higher limit."),
    _("A file named %(name)s is there already; choose another name."),
    _("There is no format %(name)s; there are %(names)s."),
    _("There is no encoding %(name)s for files; there are %(names)s."),
    _("A sheet holds %(most)s rows, %(layer)s has %(count)s; write csv or gpkg."),
    _("%(layer)s is a table without geometry and cannot be written as %(name)s; write csv, xlsx or gpkg."),
    _("The package could not be written as GeoPackage."),
    _("%(layer)s could not be written as a shapefile."),
    _("%(layer)s could not be written as %(name)s."),
)
"""Forms of whole messages about files; narrower ones stand before wider ones."""
