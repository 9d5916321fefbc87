"""Evaluation: metric, methods, tables, leaderboard."""
