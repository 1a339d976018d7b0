from pathlib import Path

import pytest

from layers.errors import DurabilityError
from layers.store import durability
from layers.store.durability import Durability

NFS = "24 1 0:20 / / rw - ext4 /dev/vda1 rw\n30 24 0:40 / /srv/share\\040one rw,relatime - nfs4 host:/x rw\n31 24 0:41 / /srv/fuse rw - fuse.sshfs h: rw\n"


@pytest.mark.parametrize(
    ("version", "journal"),
    [
        ((3, 40, 1), "delete"),
        ((3, 44, 5), "delete"),
        ((3, 44, 6), "wal"),
        ((3, 45, 0), "delete"),
        ((3, 50, 6), "delete"),
        ((3, 50, 7), "wal"),
        ((3, 51, 2), "delete"),
        ((3, 51, 3), "wal"),
        ((3, 60, 0), "wal"),
    ],
)
def test_wal_only_where_its_race_is_mended(version, journal):
    found = durability.for_version(version)
    assert found == Durability(journal, "full" if journal == "wal" else "extra")


@pytest.mark.parametrize(
    "pair", [("wal", "normal"), ("wal", "off"), ("delete", "full"), ("delete", "off"), ("memory", "extra"), ("off", "full")]
)
def test_pairs_that_lose_edits_are_refused(pair):
    with pytest.raises(DurabilityError, match="can lose acknowledged edits"):
        Durability(*pair)


def test_settings_choose_among_what_is_safe():
    assert durability.chosen((3, 51, 3), journal="DELETE", synchronous=None) == Durability("delete", "extra")
    assert durability.chosen((3, 51, 3), journal=None, synchronous="full") == Durability("wal", "full")
    with pytest.raises(DurabilityError, match=r"3\.40\.1 can lose commits"):
        durability.chosen((3, 40, 1), journal="wal", synchronous=None)


def test_the_disk_under_a_path_is_found():
    assert durability.disk_type(Path("/srv/share one/a/s.gpkg"), NFS) == "nfs4"
    assert durability.disk_type(Path("/srv/other/s.gpkg"), NFS) == "ext4"
    assert durability.disk_type(Path("/srv/x"), "") == "unknown"


@pytest.mark.parametrize("place", ["/srv/share one/s.gpkg", "/srv/fuse/s.gpkg"])
def test_a_wal_on_a_network_disk_is_refused(place):
    with pytest.raises(DurabilityError, match="lies on a network disk"):
        durability.refuse_network_disk(Path(place), Durability("wal", "full"), mounts=NFS)


def test_a_rollback_journal_or_a_local_disk_is_let_pass():
    durability.refuse_network_disk(Path("/srv/share one/s.gpkg"), Durability("delete", "extra"), mounts=NFS)
    durability.refuse_network_disk(Path("/srv/s.gpkg"), Durability("wal", "full"), mounts=NFS)
