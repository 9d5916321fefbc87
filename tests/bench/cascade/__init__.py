"""Benchmarks of the cascade: the plain way and ours side by side, growth, memory and start."""
