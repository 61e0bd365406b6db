"""The code of the workflow: one entry module a rule, and the concepts behind them in sub-packages."""
