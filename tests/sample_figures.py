"""Figures of a training as metrics.json has them, complete: what the charts and the model card are tested with."""

from typing import Any


def interval(estimate: float, half: float = 0.04) -> dict[str, float]:
    """A figure with an interval of so much to either side."""
    return {"estimate": estimate, "low": estimate - half, "high": estimate + half}


def opinion(auc: float, capture: float, half: float = 0.04) -> dict[str, Any]:
    """The figures of a ranking that holds `capture` of the wins in its first 15 %."""
    shares = {1: capture / 7, 5: capture / 2.2, 10: capture / 1.3, 15: capture, 35: min(1, capture * 1.7)}
    return {
        "auc": interval(auc, half),
        "average_precision": interval(auc / 5),
        **{f"lift_at_{k}": interval(100 * value / k, 0.4) for k, value in shares.items()},
        **{f"capture_at_{k}": interval(value, min(half, value)) for k, value in shares.items()},
    }


MODEL = opinion(0.781, 0.434) | {
    "log_loss": interval(0.179),
    "brier": interval(0.046),
    "calibration_slope": interval(0.96, 0.15),
    "calibration_intercept": interval(0.05, 0.15),
    "ece": interval(0.012, 0.005),
}
PLAN, BLEND = opinion(0.624, 0.21), opinion(0.739, 0.388)
CHANCE = (
    {"auc": 0.5} | {f"lift_at_{k}": 1.0 for k in (1, 5, 10, 15, 35)} | {f"capture_at_{k}": k / 100 for k in (1, 5, 10, 15, 35)}
)


def grade(letter: str, accounts: int, wins: int, expected: float) -> dict[str, Any]:
    """A row of the table of grades; the interval is a rough one."""
    rate = wins / accounts
    half = 2 * (rate * (1 - rate) / accounts) ** 0.5
    return {
        "grade": letter,
        "accounts": accounts,
        "wins": wins,
        "rate": rate,
        "rate_low": max(0.0, rate - half),
        "rate_high": rate + half,
        "expected": expected,
        "observed_over_expected": wins / expected,
    }


GRADES = [
    grade("A", 827, 122, 117.8),
    grade("B", 1103, 85, 77.4),
    grade("C", 1655, 56, 52.2),
    grade("D", 1103, 17, 19.9),
    grade("F", 827, 1, 3.3),
]


def part(name: str, rows: int, wins: int, auc: float, half: float = 0.05, low: float = 0.8, high: float = 1.3) -> dict[str, Any]:
    """A slice of the population."""
    return {
        "slice": name,
        "rows": rows,
        "wins": wins,
        "auc": interval(auc, half),
        "lift_at_15": interval(2.5, 0.5),
        "observed_over_expected": (low + high) / 2,
        "oe_low": low,
        "oe_high": high,
    }


SLICES = {
    "region": [part("EMEA", 2600, 140, 0.79), part("North America", 2000, 101, 0.77), part("日本", 915, 40, 0.74, 0.09)],
    "industry": [
        part("Software", 1700, 120, 0.77),
        part("Banking", 1400, 60, 0.80),
        part("Изготовление станков", 900, 40, 0.72, 0.1),
        part("Electrical equipment, appliances and components, wholesale", 600, 25, 0.66, 0.12),
    ],
    "size": [part("under 50", 2200, 70, 0.75), part("50 to 249", 1900, 90, 0.76), part("250 and more", 1415, 121, 0.78)],
}
WORST = {
    "attribute": "industry",
    "slice": "Electrical equipment, appliances and components, wholesale",
    "said": "AUC 0.66 (0.54 to 0.78) in industry Electrical equipment, appliances and components, wholesale",
}

LEAKAGE = {
    "blocked": [],
    "warned": [
        {
            "column": "intent:release notes",
            "rule": "identical",
            "figure": 1.0,
            "limit": 0.98,
            "message": 'column "intent:release notes": 100.0% of the rows have the same value',
        },
        {
            "column": "partner_tier",
            "rule": "single-feature AUC",
            "figure": 0.83,
            "limit": 0.8,
            "message": 'column "partner_tier": alone it ranks the winners with an AUC of 0.83',
        },
    ],
    "excluded": [
        {
            "column": "tenure_years",
            "rule": "after_win",
            "figure": None,
            "limit": None,
            "message": 'column "tenure_years": known = "after_win", left out of the model',
        }
    ],
    "waived": [
        {
            "column": "fleet_size",
            "rule": "null lift",
            "figure": 0.2,
            "limit": 0.3,
            "message": "let through: bought for every account on the list in 2023",
        }
    ],
}

PROMOTION = {
    "promoted": True,
    "refused_because": None,
    "checks": [
        {"name": "signal", "ok": True, "said": "the lower 95 % bound of the temporal AUC is 0.743, above .5"},
        {"name": "plan", "ok": True, "said": "lift at grade A minus the plan's is +1.49 (+0.90 to +2.20, 90 %)"},
        {"name": "lift of A", "ok": True, "said": "grade A's lift is 2.89, at least 2.50 (90 %); asked is 2.00"},
        {"name": "falling grades", "ok": True, "said": "no grade wins more often than a better one beyond chance"},
        {"name": "split gap", "ok": True, "said": "warning: AUC on folds minus AUC on later time is +0.040, over 0.03"},
    ],
}
REFUSED = {
    "promoted": False,
    "refused_because": "lift at grade A minus the plan's is -0.80 (-1.20 to -0.30, 90 %): it loses to the plan",
    "checks": [
        PROMOTION["checks"][0],  # type: ignore[index]
        {
            "name": "plan",
            "ok": False,
            "said": "lift at grade A minus the plan's is -0.80 (-1.20 to -0.30, 90 %): it loses to the plan",
        },
    ],
}


def gain(power: float) -> list[list[float]]:
    """A curve of wins captured."""
    return [[k / 20, 1 - (1 - k / 20) ** power] for k in range(21)]


FIGURES: dict[str, Any] = {
    "windows": {
        "training": {"landmarks": ["2024-06-06", "2025-07-31"], "rows": 21075, "wins": 782},
        "test": {"landmarks": ["2026-02-26", "2026-03-28", "2026-04-27", "2026-05-27"], "rows": 5515, "wins": 281},
    },
    "temporal": {"model": MODEL, "plan": PLAN, "blend": BLEND, "chance": CHANCE},
    "grouped": opinion(0.782, 0.44),
    "random": opinion(0.821, 0.47),
    "rolling": [
        {
            "landmark": date,
            "fitted_rows": 9000 + 3000 * k,
            "fitted_wins": 300 + 100 * k,
            "rows": 1400,
            "wins": 70,
            "model": opinion(0.76 + 0.01 * k, 0.4, 0.07),
            "plan": opinion(0.63 - 0.01 * k, 0.21, 0.07),
            "blend": opinion(0.72, 0.35, 0.07),
            "chance": CHANCE,
        }
        for k, date in enumerate(("2025-08-30", "2025-11-28", "2026-02-26", "2026-05-27"))
    ],
    "grades": GRADES,
    "slices": SLICES,
    "worst_slice": WORST,
    "curves": {
        "calibration": [
            {"propensity": p, "observed": o, "low": max(0, o - h), "high": o + h, "rows": 551}
            for p, o, h in (
                (0.002, 0.001, 0.004),
                (0.006, 0.007, 0.007),
                (0.01, 0.013, 0.01),
                (0.017, 0.015, 0.011),
                (0.024, 0.03, 0.014),
                (0.035, 0.033, 0.015),
                (0.05, 0.057, 0.02),
                (0.071, 0.064, 0.021),
                (0.104, 0.11, 0.027),
                (0.2, 0.19, 0.034),
            )
        ],
        "gains": {"model": gain(4.5), "plan": gain(1.6), "blend": gain(3.4)},
        "distribution": [
            {"low": k / 50, "high": (k + 1) / 50, "rows": round(3000 * 0.6**k), "wins": round(60 * 0.85**k)} for k in range(20)
        ],
    },
    "leakage": LEAKAGE,
    "promotion": PROMOTION,
    "drift": [
        {"feature": "log_employees", "psi": 0.02, "bound": 0.1, "drifted": False, "said": "no drift"},
        {"feature": "intent:cloud storage", "psi": 0.31, "bound": 0.1, "drifted": True, "said": "drifted: 0.31, over 0.10"},
    ],
}

LOOK_ALIKE: dict[str, Any] = {
    "label": "look-alike: won accounts against the house list as of today, no dates; not a forecast",
    "look_alike": {"model": opinion(0.83, 0.5), "plan": opinion(0.7, 0.3), "chance": CHANCE},
    "grouped": {"auc": interval(0.83)},
    "random": {"auc": interval(0.84)},
    "prior_sensitivity": [
        {"class_prior": 0.02, "factor": 0.1, "mean_propensity": 0.02, "clipped_share": 0.0, "auc_corrected": 0.84},
        {"class_prior": 0.04, "factor": 0.2, "mean_propensity": 0.04, "clipped_share": 0.0, "auc_corrected": 0.85},
        {"class_prior": 0.08, "factor": 0.4, "mean_propensity": 0.08, "clipped_share": 0.012, "auc_corrected": 0.87},
    ],
    "leakage": LEAKAGE,
    "promotion": PROMOTION,
}
