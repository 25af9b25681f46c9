from pathlib import Path

import pytest

from modules.errors import UserError
from pipelines.files import whole_folder, write_json


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with whole_folder(target) as folder:
        (folder / "a").write_text("1", encoding="utf-8")
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["a"]


def test_a_failure_keeps_what_was_there_and_leaves_no_trace(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with whole_folder(target) as folder:
        (folder / "old").write_text("1", encoding="utf-8")

    def fail() -> None:
        with whole_folder(target) as folder:
            (folder / "new").write_text("2", encoding="utf-8")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [path.name for path in target.iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["out"]


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".out.tmp-dead").mkdir()
    with whole_folder(tmp_path / "out"):
        pass
    assert not (tmp_path / ".out.tmp-dead").exists()


def test_two_writers_of_one_folder_do_not_mix(tmp_path: Path) -> None:
    second = whole_folder(tmp_path / "out")
    with whole_folder(tmp_path / "out"), pytest.raises(UserError, match="another process is writing"):
        second.__enter__()


def test_json_is_sorted_and_never_holds_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "城"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n "a": "城",\n "b": 1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert "城" in (tmp_path / "a.json").read_text(encoding="utf-8")
