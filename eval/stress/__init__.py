"""Stress tests: other type lists for the same gold, leaks from training, calibration, errors and cost."""
