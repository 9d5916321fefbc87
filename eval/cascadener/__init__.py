"""The metric: an ``evaluate`` module, loadable as this folder; it imports nothing of ours but what lies beside it."""
