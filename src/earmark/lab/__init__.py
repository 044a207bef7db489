"""The lab: recipes and the experiments they describe."""
