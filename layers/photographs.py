"""Photographs of works (项目照片): when and where they say they were taken, and what speaks against it; no picture."""

from __future__ import annotations

from layers.codes import PHOTO_STAGE
from layers.declare import COMMON, area, code, date, integer, listing, number, reference, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="photographs",
    zh="项目照片",
    en="Photographs",
    entity="photograph",
    geometry=GeometryKind.POINT,
    key="photo_id",
    fields=(
        text("photo_id", "照片编号", "Photograph id", "des", required=True, length=80),
        reference("project_id", "projects", ("项目编号", "Project"), "des"),
        reference("asset_id", "assets", ("资产编号", "Asset"), "des"),
        code("stage", "des", PHOTO_STAGE, ("拍摄阶段", "Stage"), recommended=True),
        text("taken_at", "拍摄时间", "Taken at", "EXIF", length=19, note="2026-05-04T10:20:30 by the camera"),
        text("file_name", "文件名", "File name", "des", length=200),
        text("sha256", "原文件 SHA-256", "SHA-256 of the file", "des", length=64),
        text("look", "感知哈希", "Perceptual hash", "des", length=16, note="difference hash of 64 bits, hexadecimal"),
        integer("picture_id", "图片附件", "Picture", "des", minimum=1, note="attachment: re-encoded, without EXIF"),
        integer("thumbnail_id", "缩略图附件", "Thumbnail", "des", minimum=1, note="attachment: at most 480 px"),
        integer("width", "宽", "Width", "des", unit="px", minimum=1),
        integer("height", "高", "Height", "des", unit="px", minimum=1),
        number("distance_m", "距工程", "Distance to the works", "des", unit="m", minimum=0, note="on the ellipsoid"),
        listing("contradictions", "疑点", "Contradictions", "des", note="codes of processing.library.photographs"),
        text("caption", "说明", "Caption", "des", length=300),
        text("uploaded_by", "上传人", "Uploaded by", "des", length=120),
        date("uploaded_on", "上传日期", "Uploaded on", "des"),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="des",
    area_fields=("village_code", "township_code", "county_code"),
    name_field="file_name",
    kept_by=frozenset({"library", "ledger", "demo", "area"}),
)
