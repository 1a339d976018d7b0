"""pygeoapi set up in memory from the layers: what it is told, and an API object that writes no file and fetches nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

from flask import request
from pygeoapi import api as pygeoapi_api
from pygeoapi import l10n
from pygeoapi.api import API, APIRequest
from pygeoapi.util import get_api_rules, get_base_url
from werkzeug.datastructures import Headers, MultiDict

from geo_app.api import crs
from geo_app.api.asked import DEFAULT_LIMIT, MOST_ITEMS, PASSED_ON, Collection
from geo_app.web.bodies import parse
from layers.schema import PersonError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PREFIX = "/api/ogc"
LANGUAGES = ["zh-CN", "en-US"]
BARE = [language[:2] for language in LANGUAGES]
"""What a request is matched against: Babel knows no zh_CN, and a language that nothing matches would fail."""
FOREIGN_RELATIONS = frozenset(
    {
        "about",
        "http://www.opengis.net/def/rel/ogc/1.0/processes",
        "http://www.opengis.net/def/rel/ogc/1.0/job-list",
        "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
    }
)
"""Links that pygeoapi gives without being asked, to what is not served here."""
PAGES = frozenset({"root", "service-doc"})
"""Relations under which there is a page for people; everything else is served as JSON only."""
WORLD = (-180.0, -90.0, 180.0, 90.0)


class OgcError(PersonError):
    """What pygeoapi refuses, with its own status and sentence."""

    code: ClassVar[str] = "bad_request"

    def __init__(self, message: str) -> None:
        """Take the sentence."""
        super().__init__(message)


class OgcNotFoundError(OgcError, LookupError):
    """There is no such collection or feature."""

    code: ClassVar[str] = "not_found"


class Service(API):  # type: ignore[misc]  # pygeoapi carries no types
    """pygeoapi's API object without what its constructor does to the process: logging, a process manager, a web client."""

    def __init__(self, config: dict[str, Any]) -> None:
        """Keep the configuration; the parent's constructor is left out on purpose."""
        self.config = self.tpl_config = config
        self.openapi: dict[str, Any] = {}
        self.api_headers = get_api_rules(config).response_headers
        self.base_url = get_base_url(config)
        self.locales = l10n.get_locales(config)
        self.default_locale = self.locales[0]
        self.pretty_print = False

    def get_exception(self, status: int, headers: dict[str, str], format_: str, code: str, description: str) -> Any:
        """Answer a refusal without a traceback in the log: what a client asked wrongly is no fault of the service."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return super().get_exception(status, headers, format_, code, description)
        return headers, status, json.dumps({"code": code, "type": code, "description": description})


class JsonRequest(APIRequest):  # type: ignore[misc]  # pygeoapi carries no types
    """A request as pygeoapi sees it: our choice of its parameters, JSON whatever the client accepts."""

    def __init__(self, arguments: Mapping[str, str]) -> None:
        """Pass on the parameters that pygeoapi reads itself."""
        kept = MultiDict({name: value for name, value in arguments.items() if name in PASSED_ON - {"f"}})
        kept.setdefault("offset", "0")
        if "crs" in kept:
            kept["crs"] = crs.uri_of(kept["crs"])
        headers = Headers([(name, value) for name, value in request.headers.items() if name == "Accept-Language"])
        super().__init__(SimpleNamespace(args=kept, headers=headers, path_info=request.path.strip("/")), BARE)
        self._format = "json"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer of pygeoapi: its headers and its document."""

    headers: dict[str, str]
    document: dict[str, Any]


def config(base_url: str, collections: Sequence[Collection]) -> dict[str, Any]:
    """Describe the service and its collections as pygeoapi's configuration."""
    return {
        "server": {
            "url": base_url,
            "languages": LANGUAGES,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "pretty_print": False,
            "limits": {"default_items": DEFAULT_LIMIT, "max_items": MOST_ITEMS, "on_exceed": "throttle"},
            "templates": {"path": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": {"zh": "乡图 OGC API 要素服务", "en": "Xiangtu OGC API – Features"},
                "description": {
                    "zh": "乡村振兴空间数据：读取、查询与编辑。",
                    "en": "Spatial data of rural revitalisation: read, query and edit.",
                },
                "keywords": {"zh": ["乡村振兴"], "en": ["rural revitalisation"]},
                "url": base_url,
            }
        },
        "resources": {item.layer.name: _resource(item) for item in collections},
    }


def _resource(collection: Collection) -> dict[str, Any]:
    layer = collection.layer
    return {
        "type": "collection",
        "title": {"zh": layer.zh, "en": layer.en},
        "description": {"zh": f"{layer.zh}（{layer.entity}）", "en": f"{layer.en} ({layer.entity})"},
        "keywords": {"zh": [layer.zh], "en": [layer.en]},
        "links": [],
        "extents": {"spatial": {"bbox": list(collection.box or WORLD), "crs": crs.CRS84}},
        "providers": [
            {
                "type": "feature",
                "name": "geo_app.api.provider.LayerProvider",
                "data": layer.name,
                "id_field": "id",
                "title_field": layer.name_field,
                "crs": list(collection.systems),
                "storage_crs": crs.STORAGE,
                "editable": collection.editable,
            }
        ],
    }


def ask(answer: Callable[..., tuple[dict[str, str], int, str]], service: Service, *names: str) -> Told:
    """Let pygeoapi answer and read what it says.

    Raises:
        OgcError: what it refuses, as an error of ours.
    """
    headers, status, content = answer(service, JsonRequest(request.args), *names)
    document = parse(content)
    if status >= HTTPStatus.BAD_REQUEST:
        kind = OgcNotFoundError if status == HTTPStatus.NOT_FOUND else OgcError
        raise kind(str(document.get("description", "The request cannot be used")))
    return Told(headers, document)


def landing(service: Service) -> dict[str, Any]:
    """Give the landing page's document."""
    return with_own_links(ask(pygeoapi_api.landing_page, service).document)


def collections(service: Service, name: str | None = None) -> dict[str, Any]:
    """Give the description of all collections, or of one."""
    found = ask(pygeoapi_api.describe_collections, service, *([] if name is None else [name])).document
    for item in found.get("collections", []):
        with_own_links(item)
    return with_own_links(found)


def with_own_links(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out the links to formats and services that are not here."""
    document["links"] = [
        link
        for link in document.get("links", [])
        if link["rel"] not in FOREIGN_RELATIONS
        and link.get("type") != "application/ld+json"
        and (link.get("type") != "text/html" or link["rel"] in PAGES)
    ]
    return document
