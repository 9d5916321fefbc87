"""Any OpenAI-compatible chat server as a back end: vLLM with two adapters, transformers serve, llama.cpp, GPT-4o."""

from cascadener_models.backends.chat.backend import ChatBackend

__all__ = ["ChatBackend"]
