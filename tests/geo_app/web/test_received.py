"""Every form that takes a file: without one it is refused in words, one of another kind as well, and nothing is kept."""

import io

import pytest

FORMS = (
    "/field/returns",
    "/bulk",
    "/imports",
    "/projects/exchange/check",
    "/projects/site-file",
    "/households",
    "/targets/load",
    "/tasks/load",
)
SAID = {"kind": "printed", "document": "文件", "period": "2026-10"}


def sent(web, path, file=None):
    data = SAID | ({} if file is None else {"file": file})
    return web.post(path, data=data, content_type="multipart/form-data")


def kept(web):
    return sorted(web.app.extensions["xiangtu"].settings.uploads.glob("*"))


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_file_is_refused(web, path):
    before = kept(web)
    for file in (None, (io.BytesIO(b""), "")):
        answer = sent(web, path, file)
        assert answer.status_code == 400
        assert "Choose a file first" in answer.text or "请先选择文件" in answer.text
    assert kept(web) == before


@pytest.mark.parametrize("path", [path for path in FORMS if path != "/households"])
def test_a_file_of_another_kind_is_not_kept(web, path):
    before = kept(web)
    answer = sent(web, path, (io.BytesIO(b"MZ"), "survey.exe"))
    assert answer.status_code in {400, 415, 422}
    assert "survey.exe" in answer.text or "field.gpkg" in answer.text
    assert kept(web) == before
