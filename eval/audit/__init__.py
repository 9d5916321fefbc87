"""The inflation audit: what each popular scorer would say of the same predictions, and why it says so."""
