"""Throughput of training, TRL's defaults and ours side by side."""
