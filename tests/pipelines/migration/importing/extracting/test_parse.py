import polars as pl
import pytest

from pipelines.migration.importing.extracting.lexicon import lexicon
from pipelines.migration.importing.extracting.normalise import normal, normalised
from pipelines.migration.importing.extracting.parse import VERDICTS, parse

ABROAD = 440100
"""Guangzhou, whose province has none of the ambiguous places below."""
BEIJING, SHANGHAI, SHENZHEN, SUZHOU, CHANGCHUN, CHAOYANG = 110000, 310000, 440300, 320500, 220100, 211300

QUERIES = [
    # one clear place, however it is written
    ("深圳电子厂招工", ABROAD, SHENZHEN),
    ("深圳市 普工 招聘", ABROAD, SHENZHEN),
    ("\uff33\uff35\uff3a\uff28\uff2f\uff35\u3000招聘", ABROAD, SUZHOU),
    ("suzhou jobs", ABROAD, SUZHOU),
    ("Jobs in Hong Kong", ABROAD, 810000),
    ("xi'an teacher jobs", ABROAD, 610100),
    ("Xian jobs", ABROAD, 610100),
    ("上 海 找工作", ABROAD, SHANGHAI),
    ("杭洲找工作", ABROAD, 330100),
    ("shenzen job", ABROAD, SHENZHEN),
    ("魔都 求职", ABROAD, SHANGHAI),
    ("延边招聘", ABROAD, 222400),
    ("襄樊 招聘", ABROAD, 420600),
    ("广州 司机", ABROAD, ABROAD),
    # districts, counties and zones count for their prefecture
    ("苏州工业园区招聘", ABROAD, SUZHOU),
    ("昆山 普工 日结", ABROAD, SUZHOU),
    ("浦东 文员 招聘", ABROAD, SHANGHAI),
    ("义乌找工作", ABROAD, 330700),
    ("虎门 普工 招聘", ABROAD, 441900),
    # longest first, nothing twice
    ("吉林市 招聘", ABROAD, 220200),
    ("海南 海口 招聘", ABROAD, 460100),
    ("南京西路 上海 兼职", ABROAD, SHANGHAI),
    ("南京西路 兼职", ABROAD, SHANGHAI),
    ("江苏省苏州市昆山市 招聘", ABROAD, SUZHOU),
    ("上海南京 招聘", ABROAD, {SHANGHAI, 320100}),
    ("长沙 求职", ABROAD, 430100),
    # several destinations
    ("成都 武汉 哪里好找工作", ABROAD, {510100, 420100}),
    ("北上广深 求职", ABROAD, {BEIJING, SHANGHAI, 440100, SHENZHEN}),
    ("上海 昆山 招聘", ABROAD, {SHANGHAI, SUZHOU}),
    # an ambiguous name: settled by another place, else by where the user is, else dropped
    ("朝阳区 北京 找工作", ABROAD, BEIJING),
    ("辽宁 朝阳 招聘", ABROAD, CHAOYANG),
    ("长春 朝阳 招聘", ABROAD, CHANGCHUN),
    ("吉林 朝阳 招聘", ABROAD, CHANGCHUN),
    ("朝阳 招聘", BEIJING, BEIJING),
    ("朝阳 招聘", 210100, CHAOYANG),
    ("朝阳 招聘", ABROAD, "ambiguous_place"),
    ("吉林 长春 招聘", ABROAD, CHANGCHUN),
    ("吉林招聘", CHANGCHUN, 220200),
    ("吉林招聘", ABROAD, "ambiguous_place"),
    ("鼓楼区 招聘", 320100, 320100),
    ("鼓楼 招聘 徐州", 320100, 320300),
    ("鼓楼 招聘", ABROAD, "ambiguous_place"),
    ("taizhou jobs", 321200, 321200),
    ("taizhou jobs", ABROAD, "ambiguous_place"),
    ("海南招聘", 630100, 632500),
    ("大连 中山 招聘", ABROAD, 210200),
    ("中山 招聘", 210100, 442000),
    # a district's short name adds no second destination
    ("北京 平安保险 招聘", ABROAD, BEIJING),
    ("西安 长安 招聘", ABROAD, 610100),
    # no prefecture
    ("吉林省 招聘", ABROAD, "province_only"),
    ("广东 招聘", ABROAD, "province_only"),
    ("jobs in Guangdong", ABROAD, "province_only"),
    ("珠三角 招聘", ABROAD, "province_only"),
    ("海南招聘", 460100, "province_only"),
    ("会计 招聘", ABROAD, "no_place"),
    ("南京路 兼职", ABROAD, "no_place"),
    ("network jobs", ABROAD, "no_place"),
    # no wish to work
    ("深圳 天气", ABROAD, "no_job_intent"),
    ("深圳 招娉", ABROAD, "no_job_intent"),  # a slip of the held-back inventory only: it must not be known
    ("深圳 工作服 定做", ABROAD, "no_job_intent"),
    ("steve jobs", ABROAD, "no_job_intent"),
    ("上海 会计 培训", ABROAD, "no_job_intent"),
    ("招聘信息发布 深圳", ABROAD, "blocked"),
    ("深圳 招聘 发布", ABROAD, "blocked"),
    ("招聘系统 北京", ABROAD, "blocked"),
    ("简历模板", ABROAD, "blocked"),
    ("公务员考试成绩 苏州", ABROAD, "blocked"),
    ("post a job shenzhen", ABROAD, "blocked"),
    ("boss直聘", ABROAD, "navigational"),
    ("智联招聘官网", ABROAD, "navigational"),
    ("58同城 北京", ABROAD, "navigational"),
    ("58同城招聘 北京", ABROAD, BEIJING),
    ("boss直聘 北京", ABROAD, BEIJING),
]  # fmt: skip


@pytest.mark.parametrize(("query", "origin", "meant"), QUERIES, ids=[f"{q}@{o}" for q, o, _ in QUERIES])
def test_a_query_means(query: str, origin: int, meant: int | str | set[int]) -> None:
    assert said([(query, origin)]) == [meant]


def test_queries_are_judged_together_as_alone() -> None:
    assert said([(query, origin) for query, origin, _ in QUERIES]) == [meant for _, _, meant in QUERIES]


def test_a_list_of_places_is_no_intention() -> None:
    cities = "北京 上海 广州 深圳 成都 杭州 武汉 南京 西安 重庆 苏州"
    assert said([(f"{cities} 招聘", ABROAD)]) == ["ambiguous_place"]


def test_a_term_and_a_text_are_normalised_alike() -> None:
    terms = ["苏州市", "Xi'an", "part_time", "58同城", "\uff22oss直聘", "Hong Kong", "a-b c"]
    column = pl.DataFrame({"text": terms}).select(normalised("text"))["text"].to_list()
    assert [normal(term) for term in terms] == column


def said(queries: list[tuple[str, int]]) -> list[int | str | set[int]]:
    frame = pl.DataFrame(queries, {"query": pl.String, "origin": pl.UInt32}, orient="row").with_row_index(
        "at"
    )
    texts = frame.select(pl.col("query").hash().alias("hash"), "query").unique(maintain_order=True)
    rows = frame.join(texts.with_row_index("text"), on="query")
    parsed = parse(texts, rows, lexicon())
    said = rows.with_columns(outcome=parsed.outcomes.gather(rows["text"]))
    opened = said.drop("outcome").join(parsed.open, on=("text", "origin"))
    outcomes = dict(said.filter(pl.col("outcome").is_not_null()).select("at", "outcome").rows())
    outcomes |= dict(opened.select("at", "outcome").rows())
    sets = {key: set(codes) for key, codes in parsed.sets.group_by("outcome").agg("code").rows()}
    return [sets.get(outcomes[at], VERDICTS.get(outcomes[at], outcomes[at])) for at in range(len(queries))]
