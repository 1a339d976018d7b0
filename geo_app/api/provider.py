"""Our provider for pygeoapi: one layer of the store, read page by page, as far as the person who asks may read."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flask import g
from pygeoapi.provider.base import BaseProvider, ProviderItemNotFoundError

from geo_app.actions.tool_edits import account_number
from geo_app.api import geojson
from geo_app.api.crs import STORAGE, System
from layers.errors import StorageFullError, StoreBusyError
from layers.schema import FieldType
from layers.store import Condition
from layers.store.querying import Page, Query, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo_app.api.asked import Asked, Collection
    from layers.schema import Field

logger = logging.getLogger(__name__)

JSON_TYPES: Mapping[FieldType, Mapping[str, str]] = {
    FieldType.TEXT: {"type": "string"},
    FieldType.CODE: {"type": "string"},
    FieldType.INTEGER: {"type": "integer"},
    FieldType.NUMBER: {"type": "number"},
    FieldType.FLAG: {"type": "boolean"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.LIST: {"type": "array"},
}


class LayerProvider(BaseProvider):  # type: ignore[misc]  # pygeoapi carries no types
    """A layer for pygeoapi; what is asked of it was read before and waits in the request."""

    def __init__(self, definition: dict[str, Any]) -> None:
        """Stand before the collection that this request asks for."""
        super().__init__(definition)
        self.asked: Asked = g.ogc_asked
        self._fields = {item.name: dict(JSON_TYPES[item.type]) for item in self.asked.collection.fields}

    def get_fields(self) -> dict[str, dict[str, str]]:
        """Name the fields with their JSON types."""
        return self._fields

    def query(  # noqa: PLR0913 - what pygeoapi passes
        self,
        *,
        offset: int = 0,
        limit: int = 10,
        resulttype: str = "results",
        sortby: Sequence[Mapping[str, str]] = (),
        skip_geometry: bool = False,
        select_properties: Sequence[str] = (),
        crs_transform_spec: Any = None,
        **_read_before: Any,
    ) -> dict[str, Any]:
        """Give a page of features, and how many match in all."""
        query = self.asked.with_query(
            offset=offset,
            limit=0 if resulttype == "hits" else limit,
            order=[(item["property"], item["order"] == "-") for item in sortby],
            geometry=not skip_geometry,
        )
        found = self._page(query)
        note_served(self.asked.collection, dict(zip(found.frame["id"], found.frame["ver"], strict=True)))
        features = geojson.features(found.frame, self._shown(select_properties), _system(crs_transform_spec))
        return {
            "type": "FeatureCollection",
            "features": features,
            "numberMatched": found.matched,
            "numberReturned": len(features),
        }

    def get(self, identifier: str, *, crs_transform_spec: Any = None, **_options: Any) -> dict[str, Any]:
        """Give one feature; what lies outside the person's reach is answered like what never was."""
        found = self._page(Query(where=(Condition("id", "=", identifier),), limit=1))
        if not found.matched:
            raise ProviderItemNotFoundError(f"no item {identifier}")
        note_served(self.asked.collection, {identifier: int(found.frame["ver"].iloc[0])})
        return geojson.features(found.frame, self.asked.collection.fields, _system(crs_transform_spec))[0]

    def _page(self, query: Query) -> Page:
        collection = self.asked.collection
        if self.asked.nothing:
            query = Query(tree=False, limit=0)
        return page(collection.store, collection.layer.name, query, reach=collection.reach)

    def _shown(self, selected: Sequence[str]) -> Sequence[Field]:
        fields = self.asked.collection.fields
        return [item for item in fields if item.name in selected] if selected else fields


def _system(spec: Any) -> System:
    """Find the CRS that pygeoapi settled on; it gives no transformation for the CRS of the store."""
    return System(STORAGE if spec is None else spec.target_crs_uri)


def note_served(collection: Collection, versions: Mapping[str, int]) -> None:
    """Note what somebody who may send edits was given.

    When the store cannot be written just now the older note stays: an edit is then refused and kept, never blindly applied.
    """
    if not collection.editable or not versions:
        return
    try:
        collection.store.served.note(
            account_number(collection.person), collection.layer.name, {str(number): int(ver) for number, ver in versions.items()}
        )
    except (StoreBusyError, StorageFullError) as error:
        logger.warning("what was served of %s could not be noted: %s", collection.layer.name, error)
