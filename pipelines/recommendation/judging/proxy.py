"""Whether what a model sees, or makes of it, tells a field that it may not see."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]
from sklearn.model_selection import StratifiedKFold, cross_val_predict  # type: ignore[import-untyped]
from sklearn.preprocessing import scale  # type: ignore[import-untyped]
from torch import Tensor
from torch.nn.functional import one_hot

from modules.recommendation.features import Features
from modules.recommendation.rcjr.rcjr import RCJR
from pipelines.recommendation.judging.evaluation import Proxy
from pipelines.recommendation.judging.judgement import Judgement

STUDENTS = 2000
"""Who are asked, at most."""
_FOLDS = 5


def proxy(judgement: Judgement, texts: Sequence[str | None], smallest: int) -> Proxy | None:
    """Probe the summed student embedding P_s, equation (6), and the inputs; none with fewer than two groups.

    A linear probe (Alain and Bengio, 2016, arXiv:1610.01644); of our own model where the candidate embeds no
    fields.

    Args:
        judgement: of the run.
        texts: the protected value of every student, none where it is not recorded.
        smallest: students that a group has at least.
    """
    sizes = Counter(text for text in texts if text is not None)
    rows = np.array([row for row, text in enumerate(texts) if text is not None and sizes[text] >= smallest])
    rows = np.sort(np.random.default_rng(judgement.seed).permutation(rows)[:STUDENTS])
    labels = np.array([texts[row] for row in rows.tolist()])
    kept = np.isin(labels, [text for text, count in Counter(labels.tolist()).items() if count >= 2 * _FOLDS])
    rows, labels = rows[kept], labels[kept]
    if len(set(labels.tolist())) < 2:  # noqa: PLR2004
        return None
    students = judgement.data.final.data.students[torch.from_numpy(rows)]
    learner = judgement.learner
    network = None if learner is None else next(iter(learner.final.values()))
    embedding = None
    if isinstance(network, RCJR):
        with torch.no_grad():
            summed = network.student_embedding(students).sum(1).double().numpy()
        embedding = told(scale(summed), labels)
    return Proxy(students=len(rows), embedding=embedding, inputs=told(raw(students).numpy(), labels))


def told(inputs: NDArray[np.float64], labels: NDArray[np.str_]) -> float:
    """Cross-validated AUC of a logistic regression, the mean over values against the rest."""
    classes, codes = np.unique(labels, return_inverse=True)
    probe = LogisticRegression(max_iter=500, C=0.1)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    chance = cross_val_predict(probe, inputs, codes, cv=folds, method="predict_proba")
    truth = codes[:, None] == np.arange(len(classes))
    return float(roc_auc_score(truth, chance, average="macro"))


def raw(students: Features) -> Tensor:
    """Codes as one-hot vectors, and the numbers."""
    codes = [one_hot(column) for column in students.codes.unbind(1)]
    return torch.cat([*codes, students.values], dim=1).double()
