"""The server back end against a real, hostile server on loopback: text by text, counted, bounded, no secret told."""

import asyncio
import json
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models.backends.base import Backend, BackendError, Found, Question, Rounds
from cascadener_models.backends.chat import ChatBackend, client, troubles
from cascadener_models.backends.chat.backend import check_key, draw_seed, server_url
from cascadener_models.backends.chat.probabilities import distribution
from cascadener_models.backends.chat.replies import read_reply
from cascadener_models.prompts import UNKNOWN, Demonstration, classification_prompt, extraction_answer
from cascadener_models.results import StageCost
from dynamicner_dataset.errors import InputError
from tests.chat_server import ChatServer, Response, answer, error
from tests.strategies import LIGHT

KEY = "sk-very-secret-0123456789"
ROME = "Rome fell to Alaric."
ONCE = Rounds(k=1)
TYPES = ("person", "city")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(troubles, "FIRST_PAUSE", 0.01)
    for name in (troubles.KEY_VARIABLE, "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def backend(server, **settings):
    return ChatBackend(getattr(server, "url", server), **{"extractor": "ex", "classifier": "cl"} | settings)


def mark_first(prompt, attempt, body):
    """Mark the first word of the prompt."""
    first = prompt.split()[0]
    return answer(extraction_answer(prompt, [(prompt.index(first), prompt.index(first) + len(first))]))


def extract(script, texts, rounds=ONCE, **settings):
    """Extract texts with a server that follows a script; return the results and the server."""
    with ChatServer(script) as server:
        asker = backend(server, **settings)
        try:
            return asker.extract(texts, rounds), server
        finally:
            asker.close()


def only(results):
    """Return the single extraction of the single text."""
    (result,) = results
    (extraction,) = result.rounds
    return extraction


def test_is_a_backend():
    asker = backend("http://localhost:1")
    assert isinstance(asker, Backend)
    assert asker.description["server"] == "http://localhost:1/v1"
    assert (asker.description["extractor"], asker.description["classifier"]) == ("ex", "cl")
    assert ChatBackend("http://localhost:1", extractor="both").description["classifier"] == "both"
    asker.close()


def test_texts_are_extracted_in_order_with_their_costs():
    texts = [f"Place{number} is a place." for number in range(30)]
    results, server = extract(mark_first, texts)
    assert [result.rounds[0].mentions for result in results] == [(Found(0, len(t.split()[0])),) for t in texts]
    assert all((r.cost.tokens_in, r.cost.tokens_out, r.cost.passes) == (11, 7, 1) for r in results)
    assert all(r.cost.seconds > 0 for r in results)
    assert len(server.requests) == 30


def test_a_request_is_the_papers_prompt_with_its_demonstrations():
    shown = Demonstration("It rained.", "It rained.")
    results, server = extract(mark_first, ["#Lyon is big"], extraction_demonstrations=[shown])
    assert only(results).mentions == (Found(0, 5),)
    (request,) = server.requests
    assert [m["content"] for m in request["messages"]] == ["It rained.", "It rained.", "＃Lyon is big"]
    assert request["model"] == "ex"
    assert request["temperature"] == 0
    assert "seed" not in request
    assert request["max_tokens"] >= 2 * len("＃Lyon is big") + 4
    assert server.keys == ["Bearer none"]


def test_later_rounds_are_sampled_with_seeds_of_their_own():
    _, server = extract(mark_first, ["Rome fell.", "Lyon fell."], Rounds(k=3, temperature=0.9, seed=5))
    drawn = {(r["messages"][-1]["content"], r["temperature"], r.get("seed")) for r in server.requests}
    assert len(drawn) == 6
    assert sorted(temperature for _, temperature, _ in drawn) == [0, 0, 0.9, 0.9, 0.9, 0.9]
    seeds = {seed for _, temperature, seed in drawn if temperature}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert draw_seed(5, "Rome fell.", 1) in seeds
    assert draw_seed(5, "\ud800", 1) != draw_seed(6, "\ud800", 1)


def test_rounds_of_a_text_fail_one_by_one():
    results, _ = extract(
        lambda prompt, attempt, body: error(400, "no") if body.get("seed") else mark_first(prompt, 0, body),
        [ROME],
        Rounds(k=3),
    )
    (result,) = results
    assert [bool(found.failure) for found in result.rounds] == [False, True, True]
    assert result.cost.passes == 3


def test_a_threshold_is_refused_before_any_request():
    with ChatServer(mark_first) as server:
        with pytest.raises(BackendError, match="threshold"):
            backend(server).extract([ROME], Rounds(k=1, threshold=0.5))
        assert not server.requests


# One bad text among good ones


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (error(400, "context length exceeded"), "status 400: context length exceeded"),
        (error(413), "status 413"),
        (Response(b"", 413), "status 413"),
        (error(500, "CUDA out of memory"), "status 500: CUDA out of memory (3 attempts)"),
        (Response(b"<html>Bad gateway</html>", 502, kind="text/html"), "status 502 (3 attempts)"),
        (error(429, "slow down", retry_after="99999"), "it asks to wait 99999 s"),
        (Response(drop=True), "the connection broke off (3 attempts)"),
        (Response({"choices": []}, cut=True), "the connection broke off (3 attempts)"),
        (Response({}, seconds=9), "no answer within 0.3 s (3 attempts)"),
        (Response(b"{", endless=b" "), "no answer within 0.3 s (3 attempts)"),
        (Response(b"[" * 100_000), "no JSON"),
        (Response(b"<html><body>Hello</body></html>", kind="text/html"), "no JSON"),
        (Response(b"data: {}\n\n", kind="text/event-stream"), "no JSON"),
        (Response(b"\xff\xfe\x00"), "no JSON"),
        (Response(b""), "empty body"),
        (Response([]), "no answer"),
        (Response("answer"), "no answer"),
        (Response({"choices": []}), "no answer"),
        (Response({"choices": {"0": 1}}), "no answer"),
        (Response({"choices": [None]}), "no answer"),
        (Response({"error": {"message": "overloaded"}}), "no answer: overloaded"),
        (Response({"choices": [{"message": {"content": 7}}], "usage": "none"}), "empty answer"),
        (Response({"choices": [{"message": "text"}]}), "empty answer"),
        (answer(None), "empty answer"),
        (answer(" \n"), "empty answer"),
        (answer(None, "length"), "empty answer (cut off"),
        (answer(None, refusal="I will not."), "refused: 'I will not.'"),
        (answer("##Rome##", "content_filter"), "content filter"),
        (answer("##Bad## te", "length"), "cut off"),
        (answer("I am sorry, but I cannot help with this request."), "no copy of the text"),
    ],
)
def test_one_text_fails_and_the_others_do_not(bad, why):
    def script(prompt, attempt, body):
        return bad if prompt.startswith("Bad") else mark_first(prompt, attempt, body)

    texts = ["Rome fell to Alaric.", "Bad text is here.", "Lyon is on the Rhône."]
    results, server = extract(script, texts, retries=2, timeout=0.3, concurrency=1)
    good, failed, other = (result.rounds[0] for result in results)
    assert (good.mentions, good.failure) == ((Found(0, 4),), "")
    assert (other.mentions, other.failure) == ((Found(0, 4),), "")
    assert failed.mentions == ()
    assert why in failed.failure
    assert "\n" not in failed.failure
    assert results[1].cost.passes == len(server.requests) - 2


@pytest.mark.parametrize(
    ("said", "mentions", "unaligned"),
    [
        ("##Rome## fell to ##Alaric##.", [(0, 4), (13, 19)], 0),
        ("Sure!\n\n##Rome## fell to Alaric.", [(0, 4)], 0),
        ("##ROME## fell to ##Alarich##.", [(0, 4), (13, 19)], 0),
        ("The ##Danube## flows through ##Vienna##.", [], 2),
        ("##" * 100_000, [], 1),
        ([{"type": "text", "text": "##Rome## fell"}, {"type": "text", "text": " to Alaric."}], [(0, 4)], 0),
        ("##Rome## fell to Alaric. \ud800", [(0, 4)], 0),
    ],
)
def test_answers_are_aligned_or_dropped_and_counted(said, mentions, unaligned):
    found = only(extract(lambda *_: answer(said), [ROME])[0])
    assert ([tuple(m)[:2] for m in found.mentions], found.unaligned, found.failure) == (mentions, unaligned, "")


def test_an_answer_cut_off_behind_the_copy_is_whole():
    found = only(extract(lambda *_: answer("##Rome## fell to Alaric.\n\n##Lyon", "length"), [ROME])[0])
    assert (found.mentions, found.failure) == ((Found(0, 4),), "")


def test_an_endless_body_is_not_kept(monkeypatch):
    monkeypatch.setattr(client, "MOST_BYTES", 100_000)
    found = only(extract(lambda *_: Response(b"", endless=b"##" * 10_000), [ROME])[0])
    assert found.failure == "the answer is endless"


def test_texts_that_cannot_be_asked_cost_no_request():
    no_stand_in = "#" + "＃﹟♯⌗" + "".join(map(chr, range(0xE000, 0xF900)))
    results, server = extract(mark_first, [" \n", no_stand_in, "\ud800 \udc00 Rome"])
    assert [bool(result.rounds[0].failure) for result in results] == [False, True, False]
    assert [request["messages"][-1]["content"] for request in server.requests] == ["\ufffd \ufffd Rome"]
    assert results[0].cost.passes == 0
    assert extract(mark_first, [])[0] == []


@pytest.mark.parametrize(
    "usage", [None, "many", {"prompt_tokens": -1, "completion_tokens": True}, {"prompt_tokens": 1e99}]
)
def test_no_usage_is_no_tokens(usage):
    response = answer("##Rome## fell to Alaric.", tokens=None)
    response.body["usage"] = usage
    (result,), _ = extract(lambda *_: response, [ROME])
    assert (result.cost.tokens_in, result.cost.tokens_out, result.cost.passes) == (0, 0, 1)
    assert result.cost.seconds > 0


# Retries


@pytest.mark.parametrize(
    "trouble",
    [error(429, retry_after="0"), error(500), error(503), error(408), Response(drop=True), Response({}, cut=True)],
)
def test_passing_troubles_are_retried_and_counted(trouble):
    results, server = extract(
        lambda prompt, attempt, body: trouble if attempt < 3 else mark_first(prompt, attempt, body), [ROME]
    )
    assert only(results).mentions == (Found(0, 4),)
    assert results[0].cost.passes == len(server.requests) == 4


def test_a_hanging_request_is_retried():
    results, _ = extract(
        lambda prompt, attempt, body: Response({}, seconds=9) if attempt < 1 else mark_first(prompt, attempt, body),
        [ROME],
        timeout=0.3,
    )
    assert only(results).mentions == (Found(0, 4),)
    assert results[0].cost.passes == 2


def test_retry_after_is_honoured():
    began = time.perf_counter()
    results, _ = extract(
        lambda prompt, attempt, body: (
            error(429, retry_after="0.5") if attempt < 1 else mark_first(prompt, attempt, body)
        ),
        [ROME],
    )
    assert only(results).mentions
    assert time.perf_counter() - began >= 0.5


def test_retry_after_in_all_its_forms():
    soon = formatdate(time.time() + 30, usegmt=True)
    assert 25 < troubles.retry_after({"retry-after": soon}) <= 30
    assert troubles.retry_after({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert troubles.retry_after({"retry-after": formatdate(0, usegmt=True)}) == 0
    for bad in ("", "nan", "-1", "tomorrow", "Thu, 99 Foo 2026 99:99:99 GMT"):
        assert troubles.retry_after({"retry-after": bad}) is None
    assert troubles.refused(429, None, {"retry-after": "inf"}, "").passing is False


def test_pauses_grow_and_are_bounded(monkeypatch):
    monkeypatch.setattr(troubles, "FIRST_PAUSE", 0.5)
    pauses = [troubles.pause(troubles.Trouble("x"), attempt) for attempt in (0, 1, 2, 10, 10**6)]
    assert all(0.75 * most <= found <= most for found, most in zip(pauses, (0.5, 1, 2, 8, 8), strict=True))


def test_requests_under_way_are_bounded_over_all_calls():
    def script(prompt, attempt, body):
        return Response(mark_first(prompt, attempt, body).body, seconds=0.05)

    with ChatServer(script) as server:
        asker = backend(server, concurrency=3)
        calls = [threading.Thread(target=asker.extract, args=([f"Rome{n} {i}" for i in range(8)], ONCE)) for n in "ab"]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
        asker.close()
        assert server.most_at_once == 3
        assert len(server.requests) == 16


# Servers that are to be given up


@pytest.mark.parametrize(
    ("response", "wanted"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), "set OPENAI_API_KEY"),
        (error(403, "not for you"), "set OPENAI_API_KEY"),
        (error(404, "The model `ex` does not exist"), "did you mean: exx?"),
        (error(429, "pay", code="insufficient_quota"), "no quota"),
        (error(402), "no quota"),
        (error(405), "/v1"),
        (error(400, "temperature must be 1", param="temperature"), "refuses temperature"),
        (error(422, "what is a seed?", param="seed"), "refuses seed"),
        (Response({"detail": "Server is pinned to 'big'; requested 'ex'."}, 400), "refuses the model"),
    ],
)
def test_what_fails_for_every_text_is_one_clear_error(response, wanted):
    with ChatServer(lambda *_: response, [{"id": "exx"}, {"id": 3}, None]) as server:
        asker = backend(server, api_key=KEY)
        with pytest.raises(BackendError) as caught:
            asker.extract([ROME] * 20, ONCE)
        asker.close()
    message = str(caught.value)
    assert wanted in message
    assert server.url in message or "quota" in message
    assert "\n" not in message
    assert KEY not in message
    assert len(server.requests) <= 2 * 8


@pytest.mark.parametrize("models", [None, "none", [], [{}]])
def test_an_unknown_model_of_a_server_that_lists_none(models):
    wanted = "check the name 'ex' and the URL"
    with ChatServer(lambda *_: error(404), models) as server, pytest.raises(BackendError, match=wanted):
        backend(server).extract([ROME], ONCE)


def test_a_wrong_address_on_the_server():
    with ChatServer(mark_first) as server, pytest.raises(BackendError, match="URL, which usually ends in /v1"):
        backend(server.url + "/api").extract([ROME], ONCE)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_no_server_is_noticed_soon():
    url = f"http://127.0.0.1:{free_port()}/v1"
    began = time.perf_counter()
    with pytest.raises(BackendError, match=f"{url}.*is it running"):
        backend(url, retries=50).extract([ROME] * 100, ONCE)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("response", [Response(drop=True), Response({}, seconds=9)])
def test_a_server_that_never_answers_is_given_up(response):
    with ChatServer(lambda *_: response) as server, pytest.raises(BackendError, match="is it running"):
        backend(server, retries=1, timeout=0.3).extract([ROME] * 100, ONCE)


def test_a_server_that_goes_away_does_not_lose_what_it_answered():
    with ChatServer(mark_first) as server:
        asker = backend(server, concurrency=1, retries=2)

        def script(prompt, attempt, body):
            if prompt.startswith("Last"):
                server.http.socket.close()
                return Response(drop=True)
            return mark_first(prompt, attempt, body)

        server.script = script
        results = asker.extract([ROME, "Last one is here.", *[ROME] * 20], ONCE)
        assert results[0].rounds[0].mentions == (Found(0, 4),)
        assert all(result.rounds[0].failure for result in results[1:])
        assert all(result.cost.passes == 1 for result in results[2:])  # no retries once it is known to be down
        with pytest.raises(BackendError, match="is it running"):
            asker.extract([ROME], ONCE)
        asker.close()


def test_a_model_that_wants_another_name_for_the_limit_gets_it():
    def script(prompt, attempt, body):
        if "max_tokens" in body:
            return error(400, "Unsupported parameter: use 'max_completion_tokens' instead", param="max_tokens")
        return mark_first(prompt, attempt, body)

    results, server = extract(script, [ROME, ROME, ROME], concurrency=1, retries=0 + 1)
    assert all(result.rounds[0].mentions for result in results)
    assert len(server.requests) == 4


# Settings and secrets


@pytest.mark.parametrize(
    "settings",
    [{"concurrency": 0}, {"timeout": 0}, {"timeout": math.nan}, {"retries": -1}, {"max_answer_tokens": 0}],
)
def test_settings_that_cannot_be_used_are_refused(settings):
    with pytest.raises(BackendError):
        backend("http://localhost:1", **settings)


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://host/v1", "http://", "http://[::1", "http://host:port/v1", "x"]
)
def test_what_is_no_url_is_refused(url):
    with pytest.raises(BackendError, match="no URL"):
        backend(url)


@pytest.mark.parametrize("url", ["http://me:hunter2@host/v1", "http://host/v1?token=hunter2", "me:hunter2@host"])
def test_an_url_with_a_secret_is_refused_and_not_repeated(url):
    with pytest.raises(BackendError, match="OPENAI_API_KEY") as caught:
        backend(url)
    assert "hunter2" not in str(caught.value)


def test_urls():
    assert server_url(" http://host:8000/ ") == "http://host:8000/v1"
    assert server_url("http://host/api/v3/") == "http://host/api/v3"


def test_settings_of_the_environment(monkeypatch):
    with ChatServer(mark_first) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY + "\n")
        asker = ChatBackend(extractor="ex", extra={"chat_template_kwargs": {"enable_thinking": False}})
        assert asker.extract([ROME], ONCE)[0].rounds[0].mentions
        assert server.keys == [f"Bearer {KEY}"]
        assert server.requests[0]["chat_template_kwargs"] == {"enable_thinking": False}
        asker.close()
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert ChatBackend(extractor="gpt-4o").description["server"] == "https://api.openai.com/v1"


@pytest.mark.parametrize("key", ["sk-\u00e9", "sk-\nX-Evil: 1", "sk-\x00"])
def test_a_key_that_no_header_can_carry_is_not_repeated(key):
    with pytest.raises(BackendError, match="OPENAI_API_KEY") as caught:
        check_key(key)
    assert "sk-" not in str(caught.value)


def test_no_secret_in_logs_repr_or_failures(caplog):
    caplog.set_level(logging.DEBUG)
    with ChatServer(lambda *_: error(500, f"bad key {KEY}\x1b[2J")) as server:
        asker = backend(server, api_key=KEY, retries=1)
        (result,) = asker.extract([ROME], ONCE)
        assert result.rounds[0].failure == "status 500: bad key ***?[2J (2 attempts)"
        told = f"{asker!r} {asker.description} {result} {caplog.text}"
        asker.close()
    assert KEY not in told
    assert "127.0.0.1" in repr(asker)


# Where it runs


def test_works_inside_a_running_event_loop():
    async def cell():
        return extract(mark_first, [ROME])[0]

    assert only(asyncio.run(cell())).mentions == (Found(0, 4),)


def test_works_again_after_close():
    before = set(threading.enumerate())
    with ChatServer(mark_first) as server:
        asker = backend(server)
        for _ in range(2):
            assert asker.extract([ROME], ONCE)[0].rounds[0].mentions
            asker.close()
        asker.close()
    assert not [t for t in set(threading.enumerate()) - before if t.name == "cascadener-chat"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to a single process there")
def test_an_interrupt_ends_all_requests_promptly():
    code = """
import sys
from cascadener_models.backends.base import Rounds
from cascadener_models.backends.chat import ChatBackend
asker = ChatBackend(sys.argv[1], extractor="ex")
try:
    asker.extract(["Rome fell."] * 50, Rounds(k=1))
except KeyboardInterrupt:
    asker.close()
    print("interrupted")
"""
    with ChatServer(lambda *_: Response({}, seconds=60)) as server:
        asker = subprocess.Popen(
            [sys.executable, "-c", code, server.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        while not server.requests and asker.poll() is None:
            time.sleep(0.05)
        began = time.perf_counter()
        asker.send_signal(signal.SIGINT)
        out, err = asker.communicate(timeout=20)
        assert (asker.returncode, out, err) == (0, "interrupted\n", "")
        assert time.perf_counter() - began < 3
        assert len(server.requests) <= 8


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(BackendError, match=r"pip install 'dynamicner\[chat\]'"):
        backend("http://localhost:1")


# Classification

QUESTION = Question(ROME, (0, 4), TYPES)


def classify(said, *questions, **settings):
    """Answer questions with a server that always says the same, or follows a script."""
    with ChatServer(said if callable(said) else lambda *_: answer(said)) as server:
        asker = backend(server, **settings)
        try:
            return asker.classify(questions or [QUESTION]), server
        finally:
            asker.close()


def test_a_question_is_the_papers_prompt():
    shown = [Demonstration("a", "b")]
    (found,), server = classify("city", classification_demonstrations=shown)
    assert (found.type, found.probabilities, found.failure) == ("city", None, "")
    assert (found.cost.tokens_in, found.cost.tokens_out, found.cost.passes) == (11, 7, 1)
    (request,) = server.requests
    assert [m["content"] for m in request["messages"]] == ["a", "b", classification_prompt(ROME, (0, 4), TYPES)]
    assert (request["model"], request["temperature"]) == ("cl", 0)
    assert "logprobs" not in request


@pytest.mark.parametrize(
    ("said", "found"),
    [("**City**.", "city"), ("town", None), ("unknown", None), ("person or city", None), ("##" * 9999, None)],
)
def test_answers_are_matched_with_the_list(said, found):
    ((result,), _) = classify(said)
    assert result.type == found
    assert bool(result.failure) == (found is None)
    assert len(result.failure) < 200


def test_unknown_is_an_answer_in_zero_shot():
    (found,), _ = classify("Unknown", QUESTION._replace(zero_shot=True))
    assert (found.type, found.failure) == (UNKNOWN, "")


def test_questions_fail_one_by_one_in_order():
    def script(prompt, attempt, body):
        if "Bad" in prompt:
            return error(500, "no")
        return answer("city" if prompt.startswith("##Rome##") else "person")

    texts = [("Rome", "city"), ("Bad", None), ("Anna", "person")] * 5
    questions = [Question(f"{name} it is.", (0, len(name)), TYPES) for name, _ in texts]
    found, _ = classify(script, *questions, retries=1)
    assert [result.type for result in found] == [wanted for _, wanted in texts]
    assert [bool(result.failure) for result in found] == [wanted is None for _, wanted in texts]


def test_a_list_that_cannot_be_shown_is_refused_before_any_request():
    with ChatServer(mark_first) as server:
        with pytest.raises(InputError, match="comma"):
            backend(server).classify([QUESTION, QUESTION._replace(types=("a, b",))])
        assert not server.requests


def test_lone_surrogate_in_a_text_is_asked_and_in_a_type_name_refused():
    (found,), _ = classify("person", Question("\ud83d Rome", (0, 1), ("city", "person")))
    assert found.type == "person"
    with pytest.raises(InputError, match="surrogate"):
        classify("person", Question("Rome", (0, 1), ("\ud800", "person")))


def test_a_text_without_stand_in_fails_alone():
    text = "#" + "＃﹟♯⌗" + "".join(map(chr, range(0xE000, 0xF900)))
    found, server = classify("city", QUESTION, Question(text, (0, 1), TYPES))
    assert [result.type for result in found] == ["city", None]
    assert "stand-in" in found[1].failure
    assert len(server.requests) == 1


# Probabilities


def step(chosen, **others):
    """Return a server's record of one token: the likeliest ones and their probabilities; names as tokens."""
    shown = [{"token": token, "logprob": math.log(value)} for token, value in others.items()]
    own = next((item["logprob"] for item in shown if item["token"] == chosen), math.log(0.01))
    return {"token": chosen, "logprob": own, "top_logprobs": shown}


@pytest.mark.parametrize(
    ("names", "record", "wanted"),
    [
        (["person", "city"], [step("city", city=0.8, person=0.2)], {"city": 0.8, "person": 0.2}),
        (["person", "city"], [step("City", City=0.6, city=0.2, per=0.1)], {"city": 8 / 9, "person": 1 / 9}),
        # Other words are no types; what is left of 1 goes to the types not seen.
        (["person", "city", "law"], [step("city", city=0.5, town=0.3)], {"city": 5 / 7, "person": 1 / 7, "law": 1 / 7}),
        # Types that share their beginning part later; several behind a token not taken share equally.
        (
            ["art work", "art event", "city"],
            [step("art", art=0.6, city=0.4), step(" work", **{" work": 0.75, " event": 0.25})],
            {"art work": 0.45, "city": 0.4, "art event": 0.15},
        ),
        (
            ["art work", "art event", "city"],
            [step("city", city=0.6, art=0.4)],
            {"city": 0.6, "art work": 0.2, "art event": 0.2},
        ),
        # One type begins another: the end of the answer, or a token that is no part of a name, decides.
        (
            ["car", "car race"],
            [step("car", car=1.0), step("<end>", **{"<end>": 0.7, " race": 0.3})],
            {"car": 0.7, "car race": 0.3},
        ),
        (["car", "car race"], [step("car", car=1.0)], {"car": 1.0, "car race": 0.0}),
        # Spaces and quotes before the name are passed over.
        (
            ["person", "city"],
            [step(' "', **{' "': 1.0}), step("city", city=0.8, person=0.2)],
            {"city": 0.8, "person": 0.2},
        ),
        (["only"], [step("only", only=0.1)], {"only": 1.0}),
    ],
)
def test_probabilities_from_the_tokens_of_an_answer(names, record, wanted):
    found = distribution(names, record)
    assert found == pytest.approx(wanted)
    assert list(found.values()) == sorted(found.values(), reverse=True)


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        "city",
        [None],
        [{}],
        [{"token": "city"}],
        [{"token": "city", "logprob": "high"}],
        [step("The", The=1.0)],
    ],
)
def test_no_probabilities_from_nothing_usable(record):
    assert distribution(["person", "city"], record) is None


def test_bytes_of_a_token_are_taken_where_they_are_given():
    whole = "東京".encode()
    record = [
        {"token": "\ufffd", "bytes": list(whole[:2]), "logprob": -0.1, "top_logprobs": []},
        {"token": "\ufffd", "bytes": list(whole[2:]), "logprob": -0.1, "top_logprobs": []},
    ]
    assert max(distribution(["東京", "大阪"], record).items(), key=lambda item: item[1])[0] == "東京"


TOKENS = st.sampled_from(["c", "ci", "city", "per", "person", " ", "", '"', "city hall", "é", "\ud800", "x", "."])
LOGPROBS = st.one_of(st.floats(-20, 0), st.floats(), st.none())
ENTRIES = st.fixed_dictionaries(
    {"token": TOKENS, "logprob": LOGPROBS},
    optional={
        "top_logprobs": st.lists(st.fixed_dictionaries({"token": TOKENS, "logprob": LOGPROBS}), max_size=4),
        "bytes": st.one_of(st.none(), st.lists(st.integers(-1, 300), max_size=4)),
    },
)


@LIGHT
@given(st.lists(ENTRIES, max_size=5))
def test_any_record_gives_a_distribution_or_none(record):
    names = ["city", "city hall", "person", "é"]
    found = distribution(names, record)
    if found is not None:
        assert sorted(found) == sorted(names)
        assert sum(found.values()) == pytest.approx(1)
        assert all(0 <= value <= 1 + 1e-9 for value in found.values())


def test_probabilities_on_request():
    response = answer("art")
    response.body["choices"][0]["logprobs"] = {"content": [step("art", art=0.5, city=0.45)]}
    (found,), server = classify(lambda *_: response, QUESTION._replace(types=("art", "city")), logprobs=True)
    assert found.type == "art"
    assert found.probabilities == pytest.approx({"art": 0.5 / 0.95, "city": 0.45 / 0.95})
    assert (server.requests[0]["logprobs"], server.requests[0]["top_logprobs"]) == (True, 20)
    (found,), _ = classify("city", logprobs=True)
    assert (found.type, found.probabilities) == ("city", None)
    assert backend("http://localhost:1", logprobs=True).gives_probabilities


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["choices", "message", "content", "usage", "error", "text", "logprobs", "refusal"]), inner
        ),
    ),
    max_leaves=12,
)


@LIGHT
@given(JSON, st.binary(max_size=50))
def test_any_body_is_read(value, noise):
    for body in (json.dumps(value).encode(), json.dumps({"choices": [value], "usage": value}).encode(), noise):
        reply = read_reply(body)
        assert bool(reply.text) != bool(reply.failure)
        assert min(reply.tokens_in, reply.tokens_out) >= 0


def test_costs_add_up_to_the_time_of_the_call():
    began = time.perf_counter()
    results, _ = extract(mark_first, [f"Rome{number} fell." for number in range(10)])
    total = sum((result.cost for result in results), StageCost())
    assert total.passes == 10
    assert 0 < total.seconds <= time.perf_counter() - began
