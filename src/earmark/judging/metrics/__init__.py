"""How good scores are: metrics on scores in [0, 1] and 0/1 matrices, both [rows, labels].

``ranking`` takes scores as an order, ``chances`` as chances, ``answered`` the answers made of them,
``hierarchy`` the answers by what labels are kinds of, ``single`` is for work with one label a row;
``baselines`` say what there is to beat and ``summary`` puts all into one table. docs/metrics.md has
each definition.

A figure that rows cannot have is not made up: called for directly it is a ``DataError``, in
``summary`` it is None, in a bootstrap the draw is left out. A label without positives or without
negatives has no ROC or PR curve; it is left out of macro means and named in ``summary``.
"""

from earmark.judging.curves import has_curve
from earmark.judging.metric import Metric, checked
from earmark.judging.metrics.answered import (
    PerLabel,
    f1_macro,
    f1_micro,
    f1_samples,
    f1_weighted,
    hamming_loss,
    per_label,
    precision_macro,
    precision_micro,
    precision_samples,
    precision_weighted,
    recall_macro,
    recall_micro,
    recall_samples,
    recall_weighted,
    subset_accuracy,
)
from earmark.judging.metrics.baselines import constant_answers, prior_scores
from earmark.judging.metrics.chances import binary_log_loss, brier, calibration_errors
from earmark.judging.metrics.ranking import (
    coverage_error,
    lrap,
    pr_auc,
    pr_auc_macro,
    pr_auc_micro,
    ranking_loss,
    roc_auc,
    roc_auc_macro,
    roc_auc_micro,
)
from earmark.judging.metrics.single import accuracy, confusion, log_loss
from earmark.judging.metrics.tables import ANSWERED, RANKING, summary

__all__ = [
    "ANSWERED",
    "RANKING",
    "Metric",
    "PerLabel",
    "accuracy",
    "binary_log_loss",
    "brier",
    "calibration_errors",
    "checked",
    "confusion",
    "constant_answers",
    "coverage_error",
    "f1_macro",
    "f1_micro",
    "f1_samples",
    "f1_weighted",
    "hamming_loss",
    "has_curve",
    "log_loss",
    "lrap",
    "per_label",
    "pr_auc",
    "pr_auc_macro",
    "pr_auc_micro",
    "precision_macro",
    "precision_micro",
    "precision_samples",
    "precision_weighted",
    "prior_scores",
    "ranking_loss",
    "recall_macro",
    "recall_micro",
    "recall_samples",
    "recall_weighted",
    "roc_auc",
    "roc_auc_macro",
    "roc_auc_micro",
    "subset_accuracy",
    "summary",
]
