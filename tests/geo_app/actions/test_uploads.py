"""Files on their way in: our name on disk, theirs only as data, nothing left behind."""

import io
import time

import pytest

from geo_app.actions import uploads
from geo_app.errors import NotFoundError


def test_a_file_waits_under_a_name_of_ours(tmp_path):
    upload = uploads.stage(io.BytesIO(b"abc"), original_name="../../道路 数据.ZIP", folder=tmp_path, max_bytes=10)
    assert upload.original_name == "道路 数据.ZIP"
    assert upload.path.parent == tmp_path
    assert upload.path.name == f"{upload.id}.zip"
    assert upload.path.read_bytes() == b"abc"
    assert uploads.find(upload.id, tmp_path) == upload
    uploads.discard(upload)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_too_large_leaves_nothing(tmp_path):
    with pytest.raises(uploads.TooLargeError, match=r"a\.csv is larger than"):
        uploads.stage(io.BytesIO(b"x" * 20), original_name="a.csv", folder=tmp_path, max_bytes=10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.exe", "a", "a.vrt", "a.shp", "", "a.csv.txt"])
def test_other_endings_are_refused_before_a_byte_is_written(tmp_path, name):
    with pytest.raises(uploads.UnknownTypeError, match="expected one of csv"):
        uploads.stage(io.BytesIO(b"x"), original_name=name, folder=tmp_path / "new", max_bytes=10)
    assert not (tmp_path / "new").exists()


def test_a_lone_shapefile_is_told_to_come_zipped(tmp_path):
    with pytest.raises(uploads.UnknownTypeError, match="into one zip"):
        uploads.stage(io.BytesIO(b"x"), original_name="roads.shp", folder=tmp_path, max_bytes=10)


@pytest.mark.parametrize("upload_id", ["", "..", "../../etc/passwd", "a" * 32, "A" * 32, "0" * 31 + "/"])
def test_an_unknown_or_hostile_id_is_not_found(tmp_path, upload_id):
    with pytest.raises(NotFoundError, match="Upload the file again"):
        uploads.find(upload_id, tmp_path)


def test_forgotten_files_are_swept(tmp_path):
    upload = uploads.stage(io.BytesIO(b"x"), original_name="a.csv", folder=tmp_path, max_bytes=10)
    (tmp_path / "README").write_text("stays")
    assert uploads.sweep(tmp_path, older_than_s=3600) == 0
    time.sleep(0.05)
    assert uploads.sweep(tmp_path, older_than_s=0.01) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["README"]
    with pytest.raises(NotFoundError):
        uploads.find(upload.id, tmp_path)
    assert uploads.sweep(tmp_path / "nowhere", older_than_s=1) == 0


def test_control_characters_leave_a_name():
    assert uploads.clean_name("a\x00\nb.csv") == "ab.csv"
    assert uploads.clean_name("") == "file"
