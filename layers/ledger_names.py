"""What a ledger of assets is called: by the area whose assets it states, and by the sector where it is that of a department."""

from __future__ import annotations


def ledger_name(area: str, sector: str, year: int) -> str:
    """Name a ledger; the area's own name says whether it is a village, a township or a county.

    >>> ledger_name("旱沟村", "", 2026), ledger_name("靖远县", "水利", 2026)
    ('旱沟村资产台账（2026年）', '靖远县水利行业部门资产台账（2026年）')
    """
    return f"{area}{f'{sector}行业部门' if sector else ''}资产台账（{year}年）"
