"""The command line ``cascadener``: predict, estimate, info, models pull. Starts without torch."""
