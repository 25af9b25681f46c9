"""What Zhu et al. print: tables 3 to 7 and figure 4 of doi:10.7544/issn1000-1239.2021.20211008."""

STUDENTS, EMPLOYERS = 8370, 1329
SPARSITY = 0.075
"""Per cent of all pairs that came together (table 1)."""
SPLIT = {"train": 5594, "validation": 758, "test": 2018}

OURS = "ours"
Table = dict[str, tuple[float, float | None]]
"""Row -> AUC, and RelaImpr in per cent of the last row over it, as printed; none for the last row itself."""

TABLE_3: Table = {
    "LR": (0.8392, 18.7),
    "FM": (0.8433, 17.3),
    "DeepFM": (0.8586, 12.3),
    "DeepCross": (0.8438, 17.1),
    "AutoInt": (0.8673, 9.6),
    "EXPLORE": (0.8591, 12.1),
    "AFN": (0.8779, 6.54),
    OURS: (0.9026, None),
}
TABLE_4: Table = {
    "no preference": (0.8501, 9.6),
    "no requirement": (0.8389, 13.2),
    "no gate": (0.8708, 3.5),
    "full": (0.8838, None),
}
TABLE_5: Table = {
    "none": (0.8708, 3.5),
    "mean": (0.8601, 6.6),
    "dot": (0.8671, 4.5),
    "harmonic": (0.8747, 2.4),
    "fuzzy": (0.8838, None),
}
TABLE_6: dict[str, dict[str, float]] = {
    "IntentPre": {"macro_f1": 0.4198, "micro_f1": 0.7127},
    "UnitRec": {"auc": 0.8838},
    OURS: {"macro_f1": 0.4260, "micro_f1": 0.7185, "auc": 0.9026},
}
GAIN = {"macro_f1": 0.0062, "micro_f1": 0.0058}
"""MTL-Gain of table 6."""
GAIN_AUC = 4.9
"""RelaImpr of table 6, per cent."""
TABLE_7: Table = {
    "random": (0.8379, 2.8),
    "similar_c": (0.7459, 41.2),
    "similar_s": (0.8429, 1.3),
    "similar_u": (0.8405, 2.0),
    OURS: (0.8472, None),
}
FIGURE_4 = {"similar_s": 0.3, "similar_u": 0.5, OURS: 0.8}
"""Threshold that is best for each method; the curves' values are not in the text."""
THRESHOLDS = (0.1, 0.3, 0.5, 0.8, 1.0)
