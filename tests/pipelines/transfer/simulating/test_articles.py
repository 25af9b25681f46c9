from collections import Counter, defaultdict

import numpy as np
import pytest

from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from pipelines.config.simulate_articles import SimulateArticlesSource
from pipelines.config.transfer import Transfer
from pipelines.transfer.importing.ingest import sift
from pipelines.transfer.simulating.articles import Simulated, draw
from pipelines.transfer.simulating.telling import families
from pipelines.transfer.simulating.world import World

SOURCE = SimulateArticlesSource(kind="simulate", articles=1500, countries=20, years=8)


@pytest.fixture(scope="module")
def simulated() -> Simulated:
    return draw(SOURCE, 3)


def test_the_same_seed_draws_the_same_articles(simulated: Simulated) -> None:
    again, other = draw(SOURCE, 3), draw(SOURCE, 4)
    assert again.articles.equals(simulated.articles)
    assert again.labels.equals(simulated.labels)
    assert not other.articles.equals(simulated.articles)


def test_every_label_marks_what_its_sentence_tells(simulated: Simulated) -> None:
    texts = simulated.articles.column("text").to_pylist()
    for label in simulated.labels.to_pylist():
        text = texts[label["row"]]
        sentence = text[label["start"] : label["end"]]
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert sentence[-1] == "."
        for span in ("subject", "origin", "destination", "time"):
            start, end = label[f"{span}_start"], label[f"{span}_end"]
            if start is not None:
                assert label["start"] <= start < end <= label["end"]
                assert text[start:end] == text[start:end].strip()
        if label["moves"]:
            assert label["origin_iso3"] != label["destination_iso3"]
            told = label["time_start"] is not None
            time = text[label["time_start"] : label["time_end"]] if told else ""
            assert (label["period"] or "")[:4] == time[-4:]
        else:
            assert label["destination_iso3"] is None


def test_whole_families_are_held_out_and_each_part_has_both_kinds(simulated: Simulated) -> None:
    parts, kinds, told = defaultdict(set), defaultdict(set), defaultdict(set)
    for family in families():
        parts[family.name].add(family.part)
        kinds[family.part].add(family.moves)
        told[family.part] |= set(family.sentences)
    assert all(len(found) == 1 for found in parts.values())
    assert all(kinds[part] == {True, False} for part in ("train", "validation", "test"))
    assert told["train"] & told["test"] == set()
    shares = Counter(label["part"] for label in simulated.labels.to_pylist())
    assert min(shares.values()) > 0.1 * sum(shares.values())


def test_what_is_told_is_where_the_label_says(simulated: Simulated, gazetteer: Gazetteer) -> None:
    normaliser = Normaliser(gazetteer)
    texts = simulated.articles.column("text").to_pylist()
    found: Counter[str] = Counter()
    for label in simulated.labels.to_pylist():
        if label["moves"]:
            mention = texts[label["row"]][label["destination_start"] : label["destination_end"]]
            answer = normaliser(mention)
            found["answered"] += answer.iso3 is not None
            found["wrong"] += answer.iso3 not in (None, label["destination_iso3"])
            found["asked"] += 1
    assert found["answered"] > 0.6 * found["asked"]
    assert found["wrong"] < 0.05 * found["answered"]


def test_the_planted_flows_can_be_found_again(simulated: Simulated) -> None:
    planted = simulated.flows.to_pandas()
    assert planted.share.sum() == pytest.approx(1)
    assert (planted.origin != planted.destination).all()
    told = simulated.labels.to_pandas().query("moves").destination_iso3.value_counts()
    share = planted.groupby("destination").share.sum()
    assert np.corrcoef(share, told.reindex(share.index, fill_value=0))[0, 1] > 0.9
    flows = World(20, 8, 3).flows
    assert np.allclose(flows.sum((1, 2)), 1 / 8)


def test_dirt_is_of_every_kind_and_can_be_left_out(simulated: Simulated) -> None:
    rows = simulated.articles.to_pylist()
    assert {row["date"] for row in rows} >= {None, "2/27", "0001-01-01"}
    assert {row["text"].strip() for row in rows} >= {""}
    assert any(row["url"] == "" for row in rows)
    assert len({row["text"] for row in rows}) < len(rows)
    clean = draw(SOURCE.model_copy(update={"dirt": 0.0, "syndicated": 0.0}), 3)
    assert clean.articles.num_rows == SOURCE.articles
    assert len(set(clean.articles.column("url").to_pylist())) == SOURCE.articles


def test_the_import_keeps_every_story_once_and_finds_the_dirt(simulated: Simulated) -> None:
    columns = {"path": "any.parquet", "url": "url", "date": "date", "title": "title", "text": "text"}
    found = sift(simulated.articles.to_pylist(), Transfer.model_validate({"articles": columns}))
    assert found.articles.num_rows == SOURCE.articles
    account = found.record["rows"]
    assert account["read"] == simulated.articles.num_rows
    assert account["quarantined"].keys() == {"no_text", "no_url"}
    assert account["dropped"]["near_duplicate"] > 0
    assert account["dropped"]["other_language"] == account["quarantined"]["no_url"]
    assert found.record["syndicated"] > 0.05 * SOURCE.articles
