"""Back ends: a local model with two adapters, or an OpenAI-compatible server."""
