"""Judging: splits that do not leak, metrics, decisions, and the ledger of test readings."""
