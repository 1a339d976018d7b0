import numpy as np
import pytest

from layers.demo.water import halve
from layers.water_works import CLASS_BOUNDS


def test_rates_agree_with_the_plan(frames):
    hamlets, service = frames["hamlets"], frames["service_areas"]
    tap = service["tap_persons"].sum() / hamlets["population"].sum()
    assert tap == pytest.approx(0.89, abs=0.012)
    works = frames["water_works"]
    central = works.loc[works["work_class"] != "dispersed", "served_population"].sum()
    assert central / works["served_population"].sum() == pytest.approx(0.98, abs=0.001)


def test_every_class_is_there_and_fits_the_persons_served(county, frames):
    assert set(frames["water_works"]["work_class"]) == {"city_ext", *CLASS_BOUNDS}
    for kind, persons in zip(county.facts["works"]["class"], county.facts["works"]["served"], strict=True):
        if kind in CLASS_BOUNDS:
            least, most = CLASS_BOUNDS[kind]
            assert least <= persons
            assert most is None or persons <= most


def test_service_areas_add_up_to_works_and_hamlets(county):
    service, works = county.frames["service_areas"], county.frames["water_works"].set_index("work_id")
    served = service.groupby("work_id")["served_persons"].sum()
    assert (served == works["served_population"].loc[served.index]).all()
    hamlets = county.frames["hamlets"].set_index("hamlet_id")
    persons = service.groupby("hamlet_id")["served_persons"].sum()
    assert (persons == hamlets["population"].loc[persons.index]).all()
    assert (service["tap_persons"].dropna() <= service.loc[service["tap_persons"].notna(), "served_persons"]).all()


def test_halving_gives_groups_of_about_equal_weight():
    rng = np.random.default_rng(4)
    points, weights = rng.uniform(0, 1, (600, 2)), rng.uniform(1, 3, 600)
    sums = np.bincount(halve(points, weights, 7), weights=weights)
    assert len(sums) == 7
    assert sums.max() < 1.5 * sums.min()
