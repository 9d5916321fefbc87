"""Submissions to the leaderboard: read as hostile input, refused with every fault named, scored, written down."""
