"""The one gate: who may do what. Every route declares a permission; layer, area and field are asked of `actions.reach`."""

from geo_app.access.declaring import ANYBODY, Permission, Verb, declared, permission, undeclared
from geo_app.access.people import (
    NOBODY,
    Origin,
    Person,
    host_name,
    identify,
    is_loopback,
    local_person,
    person_of,
    require,
)

__all__ = [
    "ANYBODY",
    "NOBODY",
    "Origin",
    "Permission",
    "Person",
    "Verb",
    "declared",
    "host_name",
    "identify",
    "is_loopback",
    "local_person",
    "permission",
    "person_of",
    "require",
    "undeclared",
]
