"""Contenders side by side: what a training step costs in scratch, PyTorch and three others.

`python -m benchmarks` (or `make bench`) prints the table; README.md says what is measured and how.
Nothing here is asserted: a time depends on the machine, and belongs in a report, not in a test.
"""
