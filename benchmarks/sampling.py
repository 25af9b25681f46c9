"""CPU time of drawing negatives, against Algorithm 1 as it is printed, and its growth to a million students.

python benchmarks/sampling.py                  # writes docs/results-sampling.md, a few minutes
"""

import platform
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from scipy.stats import chi2

from modules.recommendation.features import Features, Pairs
from modules.recommendation.sampling import NegativeSampler
from modules.recommendation.similarity import EXACT, SAMPLE, Traits
from modules.schema import Method, Sampling
from pipelines.recommendation.simulating import vocabulary as words
from pipelines.recommendation.simulating.sides import Side, draw_students
from pipelines.recommendation.simulating.twin import Twin

sys.path.append(str(Path(__file__).parents[1]))  # for the reference of the tests
from tests.modules.recommendation import algorithm_1

STUDENTS, EMPLOYERS, SHARE, NEGATIVES, REPEATS, PRINTED = 8_370, 1_329, 0.8, 4, 5, 40
METHODS: tuple[Method, ...] = ("ours", "similar_s", "similar_u", "similar_c", "random")
SMALL, SMALL_EMPLOYERS, DRAWS = 60, 20, 1_000_000
HEAD = f"""# Results: drawing negatives

Written by `benchmarks/sampling.py`; do not edit. The twin's {STUDENTS:,} students (9 categorical fields, 6 grades) and
{EMPLOYERS:,} employers (6 fields); threshold {SHARE:.0%}, {NEGATIVES} negatives a hire; every student's hire is trained on, which is
more than a run does. Seconds of CPU time of one process with one thread, medians of {REPEATS}; other work may have run beside it."""


def main(
    sizes: Annotated[list[int] | None, typer.Option(help="Students to grow to.")] = None,
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("docs/results-sampling.md"),
) -> None:
    """Measure, write the page."""
    torch.set_num_threads(1)
    twin = Twin(STUDENTS, EMPLOYERS, 7)
    grades = torch.from_numpy(twin.students.standard)
    students = _features(twin.students, words.STUDENT_FIELDS, grades)
    employers = _features(twin.employers, words.EMPLOYER_FIELDS)
    hires = _pairs(twin.hire)
    parts = [HEAD, _methods(students, employers, hires), _printed(students, employers, hires)]
    parts += [_equality(), _growth(sizes or [STUDENTS, 30_000, 100_000, 300_000, 1_000_000], employers, twin)]
    out.write_text(
        "\n\n".join(parts) + f"\n\nMachine: {platform.machine()}, numpy {np.__version__}.\n", encoding="utf-8"
    )


def _features(side: Side, fields: tuple[str, ...], values: torch.Tensor | None = None) -> Features:
    codes = torch.from_numpy(np.stack([side.codes[field] for field in fields], 1) + 1)
    return Features(codes, torch.zeros(len(side), 0) if values is None else values)


def _pairs(hire: np.ndarray) -> Pairs:
    return Pairs(torch.arange(len(hire)), torch.from_numpy(hire), torch.ones(len(hire)))


def _seconds(work: Callable[[int], object], repeats: int = REPEATS) -> float:
    taken = []
    for seed in range(repeats):
        start = time.process_time()
        work(seed)
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def _methods(students: Features, employers: Features, hires: Pairs) -> str:
    rows = []
    for method in METHODS:
        sampling = Sampling(method, SHARE, NEGATIVES)
        sampler = NegativeSampler(students, employers, hires, sampling, 0)
        once = _seconds(lambda seed, each=sampling: NegativeSampler(students, employers, hires, each, seed))  # type: ignore[misc]
        rows.append(f"| {method} | {once:.2f} | {1000 * _seconds(sampler.draw):.0f} |")
    head = "| method | thresholds, once, s | a draw for every hire, ms |\n| --- | ---: | ---: |"
    return "\n".join([head, *rows])


def _records(side: Features) -> list[algorithm_1.Record]:
    scaled = Traits.of(side).values.T.astype(float).tolist()
    return [
        ([str(code) for code in codes], row) for codes, row in zip(side.codes.tolist(), scaled, strict=True)
    ]


def _printed(students: Features, employers: Features, hires: Pairs) -> str:
    tables, went = (_records(students), _records(employers)), hires.employer.tolist()
    rng = np.random.default_rng(0)

    def plain(_: int) -> None:
        for student in range(PRINTED):
            rng.choice(
                algorithm_1.candidates(student, *tables, went, SHARE, "ours", rng), NEGATIVES, replace=False
            )

    def fast(seed: int) -> None:
        NegativeSampler(students, employers, hires, Sampling("ours", SHARE, NEGATIVES), seed).draw(seed)

    printed, ours = _seconds(plain, 1) * STUDENTS / PRINTED, _seconds(fast)
    return (
        f"Algorithm 1 as printed, in plain Python: {PRINTED} students timed, and scaled linearly to {STUDENTS:,}: "
        f"{printed:.0f} s. Ours, thresholds and one draw: {ours:.2f} s, {printed / ours:.0f} times less."
    )


def _equality() -> str:
    rng = np.random.default_rng(1)
    sides = []
    for count, sizes in ((SMALL, (2, 3, 4)), (SMALL_EMPLOYERS, (SMALL_EMPLOYERS, 3))):
        codes = np.stack([rng.integers(1, size + 1, count) for size in sizes], 1)
        sides.append(Features(torch.from_numpy(codes), torch.from_numpy(rng.normal(size=(count, 2))).float()))
    hire = rng.integers(0, SMALL_EMPLOYERS, SMALL)
    sampler = NegativeSampler(sides[0], sides[1], _pairs(hire), Sampling("ours", 0.5, 1), 0)
    drawn = np.concatenate([sampler.draw(seed).numpy() for seed in range(DRAWS // SMALL)], axis=1)
    statistic, freedom = 0.0, 0
    for student in range(SMALL):
        tables = [_records(side) for side in sides]
        listed = Counter(
            algorithm_1.candidates(student, tables[0], tables[1], hire.tolist(), 0.5, "ours", rng)
        )
        expected = np.array(list(listed.values())) * drawn.shape[1] / listed.total()
        observed = np.array([(drawn[student] == employer).sum() for employer in listed])
        statistic += float(((observed - expected) ** 2 / expected).sum())
        freedom += len(listed) - 1
    return (
        f"Drawn as the printed algorithm draws: {drawn.size:,} draws for {SMALL} students and {SMALL_EMPLOYERS} employers without "
        f"ties, against the weights of the printed lists: chi-square {statistic:.0f} with {freedom} degrees of freedom, "
        f"p = {chi2.sf(statistic, freedom):.2f}. Ties are tested in `tests/modules/recommendation/test_sampling.py`."
    )


def _growth(sizes: list[int], employers: Features, twin: Twin) -> str:
    rows, taken = [], {}
    for size in sizes:
        rng = np.random.default_rng(size)
        drawn = draw_students(size, rng)
        students = _features(drawn, words.STUDENT_FIELDS, torch.from_numpy(drawn.standard))
        hires = _pairs(rng.choice(twin.hire, size))
        start = time.process_time()
        sampler = NegativeSampler(students, employers, hires, Sampling("ours", SHARE, NEGATIVES), 0)
        taken[size] = time.process_time() - start
        draw = _seconds(sampler.draw, 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        rows.append(f"| {size:,} | {taken[size]:.1f} | {draw:.2f} | {peak:.1f} |")
    head = "| students | thresholds, s | a draw, s | peak memory so far, GiB |\n| ---: | ---: | ---: | ---: |"
    large = [size for size in sizes if size > EXACT]
    power = np.polyfit(np.log(large), np.log([taken[size] for size in large]), 1)[0]
    said = (
        f"Above {EXACT:,} students a threshold is measured on {SAMPLE:,} drawn students, and the time grows with their number to the "
        f"power of {power:.1f}. The hires are drawn from the twin's."
    )
    return "\n".join([head, *rows, "", said])


if __name__ == "__main__":
    typer.run(main)
