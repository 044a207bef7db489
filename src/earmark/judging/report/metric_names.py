"""The metrics a report knows: their names for people, and what each is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MetricName:
    """One metric.

    Attributes:
        key: as in results.json. title: for people.
        of: what it is measured on: ``scores`` (the order of labels or tracks, no threshold),
            ``chances`` (scores taken at their word) or ``answers`` (scores decided on).
        less: True where less is better.
    """

    key: str
    title: str
    of: Literal["scores", "chances", "answers"]
    less: bool = False


METRICS = (
    MetricName("accuracy", "accuracy", "answers"),
    MetricName("pr_auc_macro", "PR AUC (macro)", "scores"),
    MetricName("roc_auc_macro", "ROC AUC (macro)", "scores"),
    MetricName("pr_auc_micro", "PR AUC (micro)", "scores"),
    MetricName("roc_auc_micro", "ROC AUC (micro)", "scores"),
    MetricName("lrap", "label ranking precision (LRAP)", "scores"),
    MetricName("ranking_loss", "ranking loss", "scores", less=True),
    MetricName("coverage_error", "coverage error, in labels", "scores", less=True),
    MetricName("log_loss", "log loss", "chances", less=True),
    MetricName("binary_log_loss", "log loss, mean over labels", "chances", less=True),
    MetricName("ece_macro", "calibration error, mean over labels", "chances", less=True),
    MetricName("f1_micro", "F1 (micro)", "answers"),
    MetricName("f1_macro", "F1 (macro)", "answers"),
    MetricName("f1_weighted", "F1 (weighted)", "answers"),
    MetricName("f1_samples", "F1 (samples)", "answers"),
    MetricName("precision_micro", "precision (micro)", "answers"),
    MetricName("precision_macro", "precision (macro)", "answers"),
    MetricName("precision_weighted", "precision (weighted)", "answers"),
    MetricName("precision_samples", "precision (samples)", "answers"),
    MetricName("recall_micro", "recall (micro)", "answers"),
    MetricName("recall_macro", "recall (macro)", "answers"),
    MetricName("recall_weighted", "recall (weighted)", "answers"),
    MetricName("recall_samples", "recall (samples)", "answers"),
    MetricName("hierarchical_f1", "F1 (hierarchical)", "answers"),
    MetricName("hierarchical_precision", "precision (hierarchical)", "answers"),
    MetricName("hierarchical_recall", "recall (hierarchical)", "answers"),
    MetricName("subset_accuracy", "subset accuracy", "answers"),
    MetricName("hamming_loss", "Hamming loss", "answers", less=True),
)
"""In the order in which they are shown."""

TITLES = {metric.key: metric.title for metric in METRICS}
HEADLINE = ("pr_auc_macro", "roc_auc_macro", "pr_auc_micro", "lrap", "f1_micro", "f1_macro",
            "f1_samples", "hamming_loss")
"""Those of multi-label work that come first; the others are a click away."""
