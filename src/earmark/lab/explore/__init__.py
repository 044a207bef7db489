"""``earmark explore``: pictures of a dataset's labels and features, and the numbers behind them.

``labels`` and ``features`` each make sections; ``exploring`` runs them and ``page`` writes them.
"""
