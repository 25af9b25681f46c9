"""The stage that makes the gazetteer, once for all runs of the track."""

import logging

from pipelines.files import whole_folder
from pipelines.paths import GAZETTEER
from pipelines.transfer.gazetteer.build import build

log = logging.getLogger(__name__)


def run() -> None:
    """Write `runs/_gazetteer/places.sqlite` from what the installed packages carry."""
    log.info("cities, subdivisions and universities to %s, some ten seconds", GAZETTEER)
    with whole_folder(GAZETTEER.parent) as folder:
        rows = build(folder / GAZETTEER.name)
    log.info("%d names", rows)
