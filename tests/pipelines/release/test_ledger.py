from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.errors import UserError
from pipelines.config import Release
from pipelines.evaluation import Bounds
from pipelines.release.ledger import (
    Entry,
    Source,
    append,
    champion_of,
    pending,
    read_ledger,
    reigning,
)


def entry(version: int, outcome: str = "champion", because: str = "") -> Entry:
    return Entry(
        sequence=0,
        at="2026-01-01T00:00:00+00:00",
        by="ana",
        action="release",
        because=because,
        run="tiny",
        version=version,
        tag=f"tiny:v{version}-0123456789ab",
        artefact="a" * 64,
        package="b" * 64,
        bento="d" * 64,
        model="ridge_ar",
        outcome=outcome,
        reason="better",
        detail="",
        champion=None,
        gates=(),
        comparison=None,
        rule=Release(),
        margin=None,
        realised=None,
        source=Source(commit="none", changed=(), data={}, stage_keys={}, mlflow_run="r"),
        previous="",
    )


def write(path: Path, count: int) -> list[Entry]:
    return [append(path, entry(version, because="Grüße 你好\u2028\x85")) for version in range(1, count + 1)]


def test_what_is_appended_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    assert read_ledger(path) == []
    written = write(path, 3)
    assert read_ledger(path) == written
    assert [each.sequence for each in written] == [1, 2, 3]
    assert [each.previous for each in written] == ["", written[0].sha256, written[1].sha256]


@settings(max_examples=60)
@given(st.data())
def test_a_changed_character_is_named_by_its_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.jsonl"
    write(path, 3)
    text = path.read_text(encoding="utf-8")
    at = data.draw(st.integers(0, len(text) - 1).filter(lambda place: text[place] != "\n"))
    other = data.draw(st.sampled_from('0a"}x ').filter(lambda sign: sign != text[at]))
    path.write_text(text[:at] + other + text[at + 1 :], encoding="utf-8")
    with pytest.raises(UserError, match=f"line {text[:at].count(chr(10)) + 1}: "):
        read_ledger(path)


@pytest.mark.parametrize(
    ("kept", "broken"), [((1, 2), 1), ((0, 2), 2), ((1, 0, 2), 1), ((0, 1, 1, 2), 3)], ids=str
)
def test_a_line_taken_out_moved_or_doubled_is_named(
    tmp_path: Path, kept: tuple[int, ...], broken: int
) -> None:
    path = tmp_path / "ledger.jsonl"
    write(path, 3)
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("".join(f"{lines[number]}\n" for number in kept), encoding="utf-8")
    with pytest.raises(UserError, match=f"line {broken}: "):
        read_ledger(path)


def test_nothing_is_appended_to_a_broken_chain(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    write(path, 1)
    before = path.read_text(encoding="utf-8").replace('"ana"', '"bob"')
    path.write_text(before, encoding="utf-8")
    with pytest.raises(UserError, match="line 1: was changed"):
        append(path, entry(2))
    assert path.read_text(encoding="utf-8") == before


def test_the_last_promotion_is_the_champion_and_ends_all_waiting() -> None:
    first, waits, refused, second = (
        entry(1), entry(2, "pending"), entry(3, "refused"), entry(4),
    )  # fmt: skip
    assert champion_of([first, waits, refused]) == first
    assert pending([first, waits, refused]) == waits
    assert champion_of([first, waits, second, refused]) == second
    assert pending([first, waits, second, refused]) is None
    assert champion_of([refused]) is None


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    nothing = Bounds(estimate=float("nan"), low=float("nan"), high=float("nan"))
    with pytest.raises(UserError, match="not finite; nothing was written"):
        append(path, entry(1).model_copy(update={"margin": nothing}))
    assert not path.exists()


def test_a_second_rollback_goes_further_back_and_not_forward_again() -> None:
    def back(version: int) -> Entry:
        return entry(version).model_copy(update={"action": "rollback"})

    def reigns(*entries: Entry) -> list[int]:
        return [each.version for each in reigning(entries)]

    one, two, three = entry(1), entry(2), entry(3)
    assert reigns(one, two, entry(4, "refused"), three) == [1, 2, 3]
    assert reigns(one, two, three, back(2)) == [1, 2]
    assert reigns(one, two, three, back(2), back(1)) == [1]
    assert reigns(one, two, three, back(2), three) == [1, 2, 3]
