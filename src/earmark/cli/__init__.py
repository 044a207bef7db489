"""The command line, one small module per command group; bodies import on call."""
