"""A large layer is read without keeping writers waiting, and is still of one version."""

import pytest
import shapely

from layers.errors import StoreBusyError
from layers.store import Delete, Insert, Update, features, open_store, whole

COUNT = 230


@pytest.fixture
def hasty(where, layers, tmp_path, monkeypatch, change, wells):
    """A store whose writers wait a tenth of a second only, with a layer that is read in parts of fifty rows."""
    monkeypatch.setattr("layers.store.sqlite.BUSY_SECONDS", 0.1)
    monkeypatch.setattr(whole, "PART", 50)
    with open_store(where, create=True, layers=layers, snapshots=tmp_path / "snapshots") as store:
        store.apply(change(Insert("wells", wells(COUNT))))
        yield store


def plain(frame):
    return frame.drop(columns="geometry").astype(str).to_dict("records"), shapely.to_wkb(frame.geometry.array).tolist()


def test_a_layer_read_in_parts_is_the_layer(hasty, content):
    frame = hasty.frame("wells")
    assert plain(frame) == plain(hasty.read("wells"))
    assert (frame.index.name, frame.crs.to_string()) == ("fid", "EPSG:4490")
    assert plain(hasty.frame("wells")) == plain(frame)


@pytest.mark.parametrize("moment", ["between the parts", "while the frame is made"])
def test_a_writer_goes_on_during_a_large_read_and_the_read_stays_of_one_version(hasty, change, wells, monkeypatch, moment):
    wanted = plain(hasty.read("wells"))
    ids = hasty.read("wells")["id"].tolist()
    written = []

    def write():
        number = len(written)
        written.append(
            hasty.apply(
                change(
                    Update("wells", ids[number], 1, {"name": "后"}, shapely.Point(1, number)),
                    Update("wells", ids[-1], 1 + number, {"persons": number}),
                    Delete("wells", ids[100 + number], 1),
                    Insert("wells", wells(1, prefix="later", first=number)),
                )
            )
        )

    def around(real, times):
        def call(*arguments, **options):
            found = real(*arguments, **options)
            if len(written) < times:
                write()
            return found

        return call

    if moment == "between the parts":
        monkeypatch.setattr(whole, "_part", around(whole._part, 4))
    else:
        real = features.build

        def build(*arguments, **options):
            if not written:
                write()
            return real(*arguments, **options)

        monkeypatch.setattr(features, "build", build)
    frame = hasty.frame("wells")
    assert written
    assert plain(frame) == wanted
    monkeypatch.undo()
    assert plain(hasty.frame("wells", 1)) == wanted
    assert plain(hasty.frame("wells")) == plain(hasty.read("wells"))
    assert len(hasty.changes()) == 1 + len(written)
    assert hasty.verify() == []


def test_a_writer_goes_on_while_a_reading_is_made_into_a_frame(hasty, change, monkeypatch):
    real, feature = features.build, hasty.read("wells", limit=1)["id"].iloc[0]

    def build(*arguments, **options):
        hasty.apply(change(Update("wells", feature, hasty.get("wells", feature)["ver"], {"name": str(len(hasty.changes()))})))
        return real(*arguments, **options)

    monkeypatch.setattr(features, "build", build)
    assert len(hasty.read("wells")) == COUNT
    assert len(hasty.changes()) == 2


def test_one_long_transaction_would_have_stopped_the_writer(hasty, change):
    """The control: with a rollback journal a reader that stays keeps a writer out; PostGIS lets both go on."""
    with hasty._backend.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM wells").scalar()
        edit = change(Delete("wells", hasty.read("wells", limit=1)["id"].iloc[0], 1))
        blocked = hasty.kind == "gpkg" and hasty._backend._connections.durability.journal == "delete"
        if blocked:
            with pytest.raises(StoreBusyError):
                hasty.apply(edit)
        else:
            hasty.apply(edit)
