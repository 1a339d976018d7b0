"""The archive gate lets good archives through and extracts under our names only. What it refuses is in the hostile corpus."""

import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.files.archive import Archive, display_name, unpack_shapefile
from layers.files.errors import BadArchiveError, LimitExceededError
from layers.files.questions import Limits


def test_members_without_folders_and_mac_leavings(tmp_path, pack):
    path = pack(tmp_path / "a.zip", {"d/": b"", "d/a.shp": b"12", "__MACOSX/d/._a.shp": b"x", "d/a.DBF": b"3"})
    with Archive(path, Limits()) as archive:
        assert [(member.name, member.size, member.suffix, member.stem) for member in archive.members] == [
            ("d/a.shp", 2, ".shp", "d/a"),
            ("d/a.DBF", 1, ".dbf", "d/a"),
        ]
        assert list(archive.shapefiles()) == ["d/a"]
        assert archive.first(".dbf").name == "d/a.DBF"
        assert archive.first(".kml") is None


def test_extraction_is_under_our_name_and_never_over_a_file(tmp_path, pack):
    path = pack(
        tmp_path / "a.zip", {"道路.shp": b"1" * 10, "道路.shx": b"2", "道路.dbf": b"3", "道路.prj": b"4", "other.txt": b"x"}
    )
    folder = tmp_path / "out"
    folder.mkdir()
    with Archive(path, Limits()) as archive:
        assert unpack_shapefile(archive, "道路", folder) == folder / "upload.shp"
        assert sorted(item.name for item in folder.iterdir()) == ["upload.dbf", "upload.prj", "upload.shp", "upload.shx"]
        with pytest.raises(BadArchiveError):
            unpack_shapefile(archive, "道路", folder)


def test_limits_name_themselves(tmp_path, pack):
    path = pack(tmp_path / "a.zip", {f"{at}.txt": b"x" * 2000 for at in range(5)})
    with pytest.raises(LimitExceededError, match=r"members = 4 files in the archive\. It has 5"):
        Archive(path, Limits(members=4))
    with pytest.raises(LimitExceededError, match="unpacked_mb = 0"):
        Archive(path, Limits(unpacked_mb=0))
    Archive(path, Limits(members=5)).__exit__()


def test_small_members_may_pack_well(tmp_path, pack):
    path = pack(tmp_path / "a.zip", {"a.dbf": b" " * 500_000})
    with Archive(path, Limits()) as archive:
        assert archive.members[0].size == 500_000


def test_damaged_member(tmp_path, pack):
    path = pack(tmp_path / "a.zip", {"a.txt": bytes(range(256)) * 50})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    with Archive(path, Limits()) as archive, pytest.raises(BadArchiveError, match="damaged"):
        archive.extract(archive.members[0], tmp_path / "out")


def test_unusual_compression(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", b"x")
    with pytest.raises(BadArchiveError, match="deflate"):
        Archive(path, Limits())


def test_comment_that_looks_like_an_end_record(tmp_path, pack):
    path = pack(tmp_path / "a.zip", {"a.txt": b"x"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"PK\x05\x06" + b"\0" * 30
    with pytest.raises(BadArchiveError):
        Archive(path, Limits())


def test_empty_archive(tmp_path, pack):
    with pytest.raises(BadArchiveError, match="empty"):
        Archive(pack(tmp_path / "a.zip", {}), Limits())


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=12))
def test_chinese_names_packed_in_gbk_or_utf8_are_shown_right(name):
    info = zipfile.ZipInfo("x")
    info.flag_bits = 0
    raw = f"{name}.shp".encode("gb18030")
    info.orig_filename = raw.decode("cp437")
    shown = display_name(info)
    assert shown == f"{name}.shp" or raw.decode("utf-8", "replace") == shown
    info.orig_filename = f"{name}.shp".encode().decode("cp437")
    assert display_name(info) == f"{name}.shp"
    info.filename, info.flag_bits = f"{name}.shp", 0x800
    assert display_name(info) == f"{name}.shp"
