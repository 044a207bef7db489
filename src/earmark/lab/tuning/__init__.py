"""``earmark tune``: settings of a recipe tried out by artist-grouped folds, without the test part.

``ranges`` and ``space`` say what may be tried, ``trials`` keeps what was (Optuna, in SQLite),
``scoring`` judges one setting fold by fold, ``hands`` does so in several processes, ``tuning`` runs
it all, and ``told``, ``drawing`` and ``page`` say what came of it.
"""
