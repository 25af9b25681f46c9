import hashlib
from pathlib import Path

import pytest

from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.names import name_key
from modules.transfer.places.policy import policy
from pipelines.transfer.gazetteer.build import build


def test_the_same_packages_make_the_same_bytes(gazetteer_file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.sqlite"
    assert build(again) > 500_000
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(gazetteer_file.read_bytes()).digest()


def test_names_have_their_places_heaviest_first(gazetteer: Gazetteer) -> None:
    paris = gazetteer.find(name_key("Paris"))
    assert paris[0].iso3 == "FRA"
    assert {place.iso3 for place in paris} > {"FRA", "USA"}
    assert [place.weight for place in paris] == sorted((place.weight for place in paris), reverse=True)
    assert ("USA", "TX") in {(place.iso3, place.admin) for place in paris}
    assert ("CAN", "ON") in {(place.iso3, place.admin) for place in gazetteer.find(name_key("London"))}
    assert gazetteer.find(name_key("University of Szeged"))[0].sort == "university"
    assert gazetteer.find("no such place") == ()


def test_every_country_in_it_is_one_that_the_policy_knows(gazetteer: Gazetteer) -> None:
    codes = {row[0] for row in gazetteer._rows.execute("SELECT DISTINCT iso3 FROM places")}
    assert codes <= policy().entities.keys()
    assert policy().members.keys() <= codes


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.sqlite"):
        Gazetteer(tmp_path / "none.sqlite")
