import csv
import gzip
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.errors import UserError
from pipelines.config.recommendation import TablesSource
from pipelines.recommendation.forgetting.rows import replace, without

PLAIN = TablesSource(kind="tables")
cell = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)


@given(
    rows=st.lists(st.tuples(st.sampled_from(["7", " 7", "7.0", "70", "8", "a"]), cell), min_size=1),
    sep=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_the_rows_of_one_go_and_all_others_keep_their_bytes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], sep: str, end: str, bom: bool
) -> None:
    path = tmp_path_factory.mktemp("rows") / "students.csv"

    def text(of: list[tuple[str, str]]) -> bytes:
        written = io.StringIO(newline="")
        writer = csv.writer(written, delimiter=sep, lineterminator=end, quoting=csv.QUOTE_ALL)
        writer.writerows([("id", "said"), *of])
        return ("\ufeff" * bom + written.getvalue()).encode()

    path.write_bytes(text(rows))
    found = without(path, ["id"], "7", TablesSource(kind="tables", sep=sep))
    others = [row for row in rows if row[0] not in {"7", " 7", "7.0"}]
    assert found.content == text(others)
    assert found.removed == len(rows) - len(others)


def test_what_is_odd_in_other_rows_stays(tmp_path: Path) -> None:
    path = tmp_path / "students.csv"
    odd = 'id , said\n\n 8 ,"two\nlines, ""quoted"""\n7,"mine\n, too"\n 9\n7\n10,last'
    path.write_text(odd)
    with pytest.raises(UserError, match="no column id"):
        without(path, ["id"], "7", PLAIN)
    assert without(path, ["id "], "7", PLAIN).content.decode() == (
        'id , said\n\n 8 ,"two\nlines, ""quoted"""\n 9\n10,last'
    )


def test_packed_files_other_encodings_and_parquet(tmp_path: Path) -> None:
    text = "学号,专业\n7,软件\n8,法律\n"
    packed = tmp_path / "students.csv.gz"
    packed.write_bytes(gzip.compress(text.encode("gb18030")))
    found = without(packed, ["学号"], "7", TablesSource(kind="tables", encoding="gb18030"))
    assert gzip.decompress(found.content).decode("gb18030") == "学号,专业\n8,法律\n"
    with pytest.raises(UserError, match="cannot be read as utf-8"):
        without(packed, ["学号"], "7", PLAIN)

    parquet = tmp_path / "students.parquet"
    table = pa.table({"id": [7.0, 8.0, None], "met": ["7", "8", "7"], "grade": [1, 2, 3]})
    pq.write_table(table, parquet, compression="zstd")
    found = without(parquet, ["id"], "7", PLAIN)
    assert pq.read_table(io.BytesIO(found.content)).equals(table.slice(1))
    assert pq.ParquetFile(io.BytesIO(found.content)).metadata.row_group(0).column(0).compression == "ZSTD"
    assert without(parquet, ["id", "met"], "7", PLAIN).removed == 2
    assert parquet.stat().st_size > 0


def test_a_file_that_would_be_other_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "students.csv"
    path.write_bytes(b"\xfe\xff" + "id\n7\n8\n".encode("utf-16-be"))
    with pytest.raises(UserError, match="would not be the same bytes written again as utf-16"):
        without(path, ["id"], "7", TablesSource(kind="tables", encoding="utf-16"))


def test_all_files_are_written_or_none_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    with pytest.raises(UserError, match=r"absent.*cannot be written"):
        replace({link: b"new", tmp_path / "absent" / "b.csv": b"new"})
    assert real.read_text() == "old"
    replace({link: b"new"})
    assert (real.read_text(), link.is_symlink(), real.stat().st_mode & 0o777) == ("new", True, 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.csv", "real.csv"]
