"""The columns of the tables that import writes."""

import pyarrow as pa

from modules.transfer.tagging.tags import FIELDS

ARTICLES = pa.schema(
    [
        ("article_id", pa.string()),
        ("url", pa.string()),
        ("host", pa.string()),
        ("registered_domain", pa.string()),
        ("published", pa.date32()),
        ("published_reason", pa.string()),
        ("lang", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("sha", pa.string()),
        ("syndication_count", pa.int32()),
    ]
)
"""syndication_count: the registered domains that carried the story, this one's included."""
QUARANTINE = pa.schema([("article_id", pa.string()), ("reason", pa.string()), ("field", pa.string())])
_SPANS = [(f"{field}_{end}", pa.int32()) for field in FIELDS for end in ("start", "end")]
LABELLED = pa.schema(
    [
        ("passage_id", pa.string()),
        ("text", pa.string()),
        ("published", pa.date32()),
        ("circulation", pa.bool_()),
        *_SPANS,
        ("origin_iso3", pa.string()),
        ("destination_iso3", pa.string()),
        ("period", pa.string()),
        ("group", pa.string()),
        ("part", pa.string()),
        ("source", pa.string()),
    ]
)
"""part: train, validation or test; source: `simulated`, or the file's."""
