"""The asset ledger of a demonstration county: what finished projects left, and older assets without a project in the library."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.demo.asset_history import FIRST_LEDGERS
from layers.demo.projects import items
from layers.demo.rows import AS_OF, chance, frame

if TYPE_CHECKING:
    from layers.demo.area_rows import Built

Array = np.ndarray
_OLDER = (
    ("通村公路", "PUB01", "road", 0.3),
    ("村级光伏电站", "OPR6", "", 0.24),
    ("扶贫车间", "OPR7", "", 0.13),
    ("人饮管网", "PUB03", "water", 0.12),
    ("文化广场", "PUB06", "", 0.11),
    ("基础母羊", "HHD1", "", 0.1),
)
"""Assets of the years before the project library: name, sub-class, kind of feature, share."""
_MAINTAINERS = ("村民委员会", "乡镇人民政府", "村级公益性岗位人员")


class _Features:
    """What an asset may be in each village: hardened roads, works, facilities, parcels, settlements."""

    def __init__(self, built: Built) -> None:
        road = built.facts["road"]
        self.found = {
            "road": _first_of(road["village"][road["paved"]], road["ids"][road["paved"]], built.roads.line[road["paved"]]),
            "water": self._frame(built, "water_works", "work_id", built.frames["water_works"]["work_class"] != "dispersed"),
            "sanitation": self._frame(
                built, "sanitation", "facility_id", built.frames["sanitation"]["facility_type"].isin(["污水处理站", "垃圾收集点"])
            ),
            "farmland": self._frame(built, "farmland", "parcel_id", built.frames["farmland"]["hsf"]),
            "settlement": self._frame(built, "settlements", "settlement_id", None),
        }

    @staticmethod
    def _frame(built: Built, name: str, key: str, mask: Any) -> dict[int, list[tuple[str, Any]]]:
        rows = built.frames[name] if mask is None else built.frames[name][mask.to_numpy(dtype=bool)]
        number = {row.code: place for place, row in enumerate(built.places.villages.rows)}
        village = np.array([number[code] for code in rows["village_code"]], dtype=int)
        return _first_of(village, rows[key].to_numpy(dtype=object), rows.geometry.to_numpy())

    def take(self, kind: str, villages: list[int]) -> tuple[str | None, Any]:
        """Take a feature of a kind in one of the villages that no other asset has taken yet; (None, None) when there is none."""
        for village in villages:
            left = self.found.get(kind, {}).get(village)
            if left:
                return left.pop(0)
        return None, None


def _first_of(village: Array, ids: Array, shapes: Array) -> dict[int, list[tuple[str, Any]]]:
    found: dict[int, list[tuple[str, Any]]] = {}
    for place, one, shape in zip(village.tolist(), ids.tolist(), shapes, strict=True):
        found.setdefault(place, []).append((one, shape))
    return found


def _rights(asset_class: str, town: str, village: str, rng: np.random.Generator) -> dict[str, Any]:
    """Owner and the other rights, maintenance and operation, by class."""
    collective = f"{village}股份经济合作社"
    known: dict[str, Any] = {
        "owner_level": "户" if asset_class == "HHD" else "村集体",
        "owner": "到户" if asset_class == "HHD" else collective,
        "disposal_right_holder": "到户" if asset_class == "HHD" else collective,
        "supervision_right_holder": f"{town}人民政府",
    }
    if asset_class == "PUB":
        known |= {"maintainer": str(rng.choice(_MAINTAINERS)), "maintenance_fund": round(float(rng.uniform(0.2, 3.5)), 2)}
    if asset_class == "OPR":
        start = dt.date(int(rng.integers(2020, 2025)), 1, 1)
        known |= {
            "use_right_holder": collective,
            "income_right_holder": collective,
            "operator": f"{village}{rng.choice(['种养殖合作社', '农业发展公司', '经营户'])}",
            "mode": str(rng.choice(["自营", "承包", "托管", "租赁", "合作", "入股"], p=[0.15, 0.2, 0.1, 0.3, 0.15, 0.1])),
            "term_start": start,
            "term_end": dt.date(start.year + int(rng.integers(3, 9)), 12, 31),
            "plan_exists": bool(chance(rng, 1, 0.93)[0]),
            "settled_date": AS_OF - dt.timedelta(days=int(rng.integers(20, 330))),
        }
    return known


def _row(built: Built, villages: list[int], value: float, formed: dt.date, *, rng: np.random.Generator) -> dict[str, Any]:
    """What every asset has, whatever its class."""
    age = max(0.0, (AS_OF - formed).days / 365)
    confirmed = bool(chance(rng, 1, 0.89)[0])
    place = villages[0]
    town = built.places.county.townships[built.places.villages.township[place]]
    day = min(formed + dt.timedelta(days=int(rng.integers(40, 300))), AS_OF)
    return {
        "original_value": round(value, 2),
        "current_value": round(value * max(0.3, 1 - 0.045 * age), 2),
        "formed_date": formed,
        "confirmed": confirmed,
        "certificate_no": f"{built.code}-{rng.integers(10_000, 99_999)}" if confirmed else None,
        "confirmed_date": day if confirmed else None,
        "status": str(rng.choice(["正常", "闲置", "低效", "亏损", "损毁", "已处置"], p=[0.92, 0.03, 0.03, 0.01, 0.005, 0.005])),
        "village_code": built.places.villages.rows[place].code,
        "township_code": town.code,
        "county_code": built.code,
    }


def _of_projects(built: Built, features: _Features, rng: np.random.Generator) -> list[dict[str, Any]]:
    """One asset for every project whose asset has been formed."""
    projects, known, rows = built.frames["projects"], items(), []
    number = {row.code: place for place, row in enumerate(built.places.villages.rows)}
    formed = projects[projects["status"] == "asset_formed"]
    for project, shape in zip(formed.to_dict("records"), formed.geometry, strict=True):
        item = known[project["baiyin_item"] if isinstance(project["baiyin_item"], str) else "C7"]
        if not item.sub_class:
            continue
        villages = [number[code] for code in project["village_codes"]]
        feature, drawn = features.take(item.feature, villages) if item.feature else (None, None)
        asset_class = item.sub_class[:3]
        share = float(rng.uniform(0.86, 0.99))
        paid = [item | {"amount_wan_yuan": round(item["amount_wan_yuan"] * share, 2)} for item in project["funding_sources"]]
        value = sum(item["amount_wan_yuan"] for item in paid)
        name, town = built.name_of(villages[0]), built.places.county.townships[built.places.villages.township[villages[0]]].name
        rows.append(
            {
                "name": f"{town}{name}{item.work}资产",
                "asset_class": asset_class,
                "sub_class": item.sub_class,
                "project_id": project["project_id"],
                "fund_sources": paid,
                "feature_type": item.feature if feature else None,
                "feature_id": feature,
                "geometry": drawn if feature else shape,
                "annual_income": round(value * float(rng.uniform(0.01, 0.08)), 2) if asset_class == "OPR" else None,
                **_row(
                    built, villages, value, min(project["end_date"] + dt.timedelta(days=int(rng.integers(5, 90))), AS_OF), rng=rng
                ),
                **_rights(asset_class, town, name, rng),
            }
        )
    return rows


def _older(built: Built, features: _Features, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Assets formed in 2014–2020, before the library: no project."""
    rural = np.flatnonzero(~built.places.villages.community)
    chosen = rural[chance(rng, len(rural), np.where(built.facts["former_poor"][rural], 0.95, 0.35))]
    rows = []
    for place, kind in zip(
        chosen.tolist(), rng.choice(len(_OLDER), len(chosen), p=[share for *_, share in _OLDER]).tolist(), strict=True
    ):
        label, sub_class, wanted, _ = _OLDER[kind]
        feature, drawn = features.take(wanted, [place]) if wanted else (None, None)
        seat = built.places.plane.lonlat(built.places.villages.seat[[place]])[0]
        name, town = built.name_of(place), built.places.county.townships[built.places.villages.township[place]].name
        value = float(rng.lognormal(3.6, 0.7))
        formed = dt.date(int(rng.integers(2014, 2021)), int(rng.integers(1, 13)), int(rng.integers(1, 28)))
        asset_class = sub_class[:3]
        rows.append(
            {
                "name": f"{town}{name}{label}",
                "asset_class": asset_class,
                "sub_class": sub_class,
                "project_id": None,
                "fund_sources": [{"code": str(rng.choice(["S01", "S02", "S03", "S06"])), "amount_wan_yuan": round(value, 2)}],
                "feature_type": wanted if feature else None,
                "feature_id": feature,
                "geometry": drawn if feature else (None if asset_class == "HHD" else shapely.Point(seat)),
                "annual_income": round(value * float(rng.uniform(0.01, 0.1)), 2) if asset_class == "OPR" else None,
                **_row(built, [place], value, formed, rng=rng),
                **_rights(asset_class, town, name, rng),
            }
        )
    return rows


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    """What the ledger keeps besides: the day of entry, how long a household benefits, the risks of an operation."""
    older = row["project_id"] is None or row["formed_date"] < FIRST_LEDGERS
    kept: dict[str, Any] = {"registered_on": FIRST_LEDGERS if older else row["formed_date"]}
    if row["asset_class"] == "HHD":
        kept["benefit_months"] = 36 if row["sub_class"] == "HHD1" else 60
    if row["asset_class"] == "OPR":
        kept |= {"risk_note": "合同约定保底收益，购买农业保险（模拟）", "operating_right_holder": row["use_right_holder"]}
    return kept


def add_assets(built: Built) -> None:
    """Add the frame `assets` and name each asset on the road or facility that it is."""
    rng = built.places.rng("assets")
    features = _Features(built)
    rows = [*_of_projects(built, features, rng), *_older(built, features, rng)]
    for number, row in enumerate(rows, 1):
        row["asset_id"] = f"Z{built.code}{number:05d}"
        row.update(_kept(row))
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.pop("geometry") for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    built.frames["assets"] = frame(
        "assets", {name: [row.get(name) for row in rows] for name in names} if rows else {"asset_id": []}, shapes
    )
    for layer, key, kind in (("roads", "segment_id", "road"), ("sanitation", "facility_id", "sanitation")):
        held = {row["feature_id"]: row["asset_id"] for row in rows if row["feature_type"] == kind}
        named = built.frames[layer][key].map(held)
        built.frames[layer]["asset_id"] = named.astype(built.frames[layer]["asset_id"].dtype)
