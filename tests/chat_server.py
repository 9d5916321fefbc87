"""A chat server on loopback that does what a script says: answers, lies, throttles, hangs, breaks off."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Response:
    """What the server does with one request."""

    body: object = None  # a mapping is sent as JSON, bytes as they are
    status: int = 200
    headers: dict = field(default_factory=dict)
    seconds: float = 0.0  # before anything is sent
    drop: bool = False  # close the connection without a response
    cut: bool = False  # close it in the middle of the body
    endless: bytes = b""  # sent again and again
    kind: str = "application/json"


def answer(text, finish="stop", tokens=(11, 7), **message):
    """Return a sound response with an answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    if tokens:
        body["usage"] = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    return Response(body)


def error(status, message="no", code=None, param=None, **headers):
    """Return a response with an error as OpenAI words it."""
    body = {"error": {"message": message, "type": "x", "param": param, "code": code}}
    return Response(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


class Listener(ThreadingHTTPServer):
    """Takes many connections at once, and waits for none at the end."""

    request_queue_size = 128
    daemon_threads = True
    block_on_close = False


class ChatServer:
    """A server whose script gets the prompt, the number of the attempt at it (from 0), and the whole request.

    Attributes:
        requests: Bodies of the chat requests, in the order in which they came.
        keys: Authorization headers, likewise.
        most_at_once: Most requests that were under way at once.
    """

    def __init__(self, script: Callable[[str, int, dict], Response], models: object = None):
        self.script, self.models = script, models
        self.requests, self.keys, self.attempts = [], [], Counter()
        self.under_way = self.most_at_once = 0
        self.lock, self.closing = threading.Lock(), threading.Event()

    def __enter__(self):
        self.http = Listener(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *args):
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def respond(self, body, key):
        """Note a request, and return what the script does with it."""
        prompt = body["messages"][-1]["content"]
        with self.lock:
            self.requests.append(body)
            self.keys.append(key)
            # a question is the same if it is asked of the same model with the same seed
            asked = (prompt, body.get("seed"), body["model"])
            attempt, self.attempts[asked] = self.attempts[asked], self.attempts[asked] + 1
        return self.script(prompt, attempt, body)


def handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    """Return the request handler of a server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args):
            pass

        def do_GET(self):
            self.send(Response({"object": "list", "data": server.models}))

        def do_POST(self):
            raw = self.rfile.read(int(self.headers["content-length"]))
            with server.lock:
                server.under_way += 1
                server.most_at_once = max(server.most_at_once, server.under_way)
            try:
                if self.path.endswith("/v1/chat/completions"):
                    response = server.respond(json.loads(raw), self.headers.get("authorization", ""))
                else:
                    response = error(404, f"no route {self.path}")
                server.closing.wait(response.seconds)
            finally:  # before the client can know that this one is done
                with server.lock:
                    server.under_way -= 1
            self.send(response)

        def send(self, response):
            with suppress(OSError):
                if response.drop:
                    self.close_connection = True
                    return
                body = response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()
                self.send_response(response.status)
                self.send_header("content-type", response.kind)
                for name, value in response.headers.items():
                    self.send_header(name, str(value))
                if not response.endless:
                    self.send_header("content-length", str(len(body) * (1 + response.cut)))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = self.close_connection or response.cut or bool(response.endless)
                while response.endless and not server.closing.is_set():
                    self.wfile.write(response.endless)
                    time.sleep(0 if len(response.endless) > 1000 else 0.02)

    return Handler
