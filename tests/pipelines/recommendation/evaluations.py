"""A realistic record of an evaluation of recommenders, for tests to read, bend and render."""

import json
from typing import Any

from pipelines.recommendation.judging.evaluation import RecommendationEvaluation

MODELS = [("rcjr", "own", 0.9026), ("popularity", "baseline", 0.8637)]
IMPORT: dict[str, Any] = {
    "files": {"students.csv": "0" * 64},
    "rows": {"students": {"read": 2000, "kept": 1990, "dropped": {}, "quarantined": {"no_id": 10}}},
}


def bounds(estimate: float, half: float = 0.01) -> dict[str, float]:
    """An interval round an estimate."""
    return {"estimate": estimate, "low": round(estimate - half, 6), "high": round(estimate + half, 6)}


def evaluation(**changes: Any) -> RecommendationEvaluation:
    """The record; `changes` replace its fields."""
    record: dict[str, Any] = {
        "run": "graduates",
        "candidate": "rcjr",
        "best_baseline": "popularity",
        "sha12": "3f9a1c77e02b",
        "leaderboard": [_row(*model) for model in MODELS],
        "slices": [{"name": "to a new employer", "cells": 61, "error": {"rcjr": 0.2, "popularity": 0.5}}],
        "students": {"train": 5594, "validation": 758, "test": 2018},
        "employers": 1329,
        "unseen": 0.061,
        "top": 10,
        "two_sided": False,
        "protected": ["gender"],
        "use_protected": False,
        "intent": None,
        "explanations": explanations(),
        "audit": audit(),
    }  # fmt: skip
    return RecommendationEvaluation.model_validate_json(json.dumps(record | changes), strict=False)


def explanations(**changes: Any) -> dict[str, Any]:
    """The record's section."""
    figures = {
        "leave_one_out": (0.088, -0.031, 0.461, 0.569),
        "attention": (0.001, 0.043, 0.526, 0.506),
        "random": (0.007, 0.036, 0.516, 0.514),
    }
    names = ("comprehensiveness", "sufficiency", "deletion", "insertion")
    return {
        "model": "rcjr",
        "pairs": 300,
        "faithful": [
            {"side": side, "ranking": ranking, **dict(zip(names, values, strict=True))}
            for side in ("student", "employer")
            for ranking, values in figures.items()
        ],
        "margins": [
            {"side": "student", "fields": 11, "above_random": bounds(0.081), "needed": 0.04, "held": True},
            {"side": "employer", "fields": 6, "above_random": bounds(0.128), "needed": 0.15, "held": False},
        ],
        "completeness_error": 0.0041,
        "stability": [
            {"side": "student", "overlap": 0.45, "chance": 0.18, "randomised": -0.04},
            {"side": "employer", "overlap": 0.47, "chance": 0.36, "randomised": 0.02},
        ],
        "recovered": [{"side": "student", "correlation": 0.61, "importance": 0.9}],
        "cards": [
            {
                "probability": 0.68,
                "rank": 4,
                "student": [{"field": "home_province", "value": "Shaanxi", "worth": 1.4}],
                "employer": [
                    {"field": "city", "value": "Yulin", "worth": 0.64},
                    {"field": "name", "value": "rare", "worth": -0.21},
                ],
                "intents": {"abroad": 0.09, "contract": 0.91},
                "shared": 10,
            }
        ],
    } | changes


def audit(**changes: Any) -> dict[str, Any]:
    """The record's section."""
    groups = [
        {
            "value": value,
            "students": students,
            "auc": bounds(auc),
            "hr": bounds(0.351),
            "calibration": bounds(0.043),
            "exposure": bounds(0.877),
        }
        for value, students, auc in (("female", 746, 0.8591), ("male", 1266, 0.8759))
    ]
    field = {
        "field": "gender",
        "groups": groups,
        "hidden": 1,
        "hidden_students": 6,
        "gap": {"better": "male", "worse": "female", "auc": bounds(0.017, 0.03)},
        "proxy": {"students": 2000, "embedding": 0.63, "inputs": 0.68},
    }
    return {
        "model": "rcjr",
        "learner": "rcjr",
        "shown_from": 30,
        "compared_from": 100,
        "tolerance": 0.05,
        "groups": 7,
        "fields": [field],
        "cost": bounds(0.0041, 0.006),
    } | changes


def _row(model: str, role: str, auc: float) -> dict[str, Any]:
    metrics = {
        "auc": auc,
        "auc_popularity": auc - 0.3,
        "hr": 0.41,
        "ndcg": 0.22,
        "mrr": 0.18,
        "employer_auc": 0.8,
    }
    return {
        "model": model,
        "role": role,
        "seeds": 3,
        "parameters": {},
        "test": {name: {"mean": value, "sd": 0.002} for name, value in metrics.items()},
        "improvement": bounds(auc - 0.8637) if role == "own" else None,
        "backtest_auc": {"mean": auc, "sd": 0.002},
        "intervals": {"auc": bounds(auc)},
        "rela_impr": None,
        "lacks": None,
        "directions": {},
    }  # fmt: skip
