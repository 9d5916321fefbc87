"""The leaderboard: one page that needs no other file, made from result files."""
