"""Probabilities of types from the token probabilities that a server sends with its answer.

A server tells, for each token of its one answer, the likeliest tokens in its place (up to 20). Every such token leads
to the types that go on with it. The types share out the probability of 1 at each token:

- a token gives its probability, times that of the answer before it, to the types it leads to, and nothing if it leads
  to none; several types behind a token that the answer did not take share equally, as nothing tells them apart;
- what the list of likeliest tokens leaves of 1 goes equally to the types that none of them leads to;
- once the answer can only become one type, that type has what is left.

At the end the shares are scaled to sum to 1. So the figures are exact where types part at their first tokens, and an
estimate where types share their beginnings.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from cascadener_models.backends.chat.replies import inner
from dynamicner_dataset.textlines import well_formed

#: A server that sends more tokens than this for the name of a type is not followed further.
MOST_STEPS = 200
#: What an answer may begin with and is passed over.
WRAPPING = b" \t\r\n\"'`*"


def distribution(names: Sequence[str], record: Any) -> dict[str, float] | None:
    """Return the probability of every name, likeliest first, summing to 1.

    Args:
        names: The types offered, and ``unknown`` where that was offered.
        record: What the server sent of the answer's tokens.

    Returns:
        ``None`` if the server sent nothing usable, or none of the tokens leads to a name.

    >>> record = [{"token": "city", "logprob": -0.1, "top_logprobs": [{"token": "city", "logprob": -0.1},
    ...     {"token": "per", "logprob": -2.5}]}]
    >>> {name: round(value, 2) for name, value in distribution(["person", "city"], record).items()}
    {'city': 0.92, 'person': 0.08}
    """
    shown = {name: well_formed(name).encode().lower() for name in names}
    shares = dict.fromkeys(names, 0.0)
    found = list(steps(record))
    if not found:
        return None
    left, said, open_names = 1.0, b"", list(names)
    for chosen, likeliest in found:
        if len(open_names) == 1:
            break
        reached: set[str] = set()
        for token, probability in likeliest.items():
            behind = behind_token(said + token, shown, open_names)
            reached |= set(behind)
            if token != chosen:
                share(shares, behind, left * probability)
        unseen = [name for name in open_names if name not in reached]
        share(shares, unseen, left * max(0.0, 1 - sum(likeliest.values())))
        left *= likeliest[chosen]
        if chosen.strip(WRAPPING):
            said = (said + chosen).lstrip()
            open_names = behind_token(said, shown, open_names)
            if not open_names:  # the answer begins with something else than a type
                return None
    share(shares, [name for name in open_names if shown[name] == said] or open_names, left)
    total = sum(shares.values())
    if not 0 < total < math.inf:
        return None
    return {name: shares[name] / total for name in sorted(names, key=lambda name: -shares[name])}


def share(shares: dict[str, float], names: Sequence[str], amount: float) -> None:
    """Share an amount out equally."""
    for name in names:
        shares[name] += amount / len(names)


def behind_token(said: bytes, shown: dict[str, bytes], names: Sequence[str]) -> list[str]:
    """Return the names that an answer leads to which begins so; if none, the longest that it has already gone past."""
    said = said.lstrip()
    ahead = [name for name in names if shown[name].startswith(said)]
    if ahead:
        return ahead
    past = [name for name in names if said.startswith(shown[name]) and not said[len(shown[name]) :][:1].isalnum()]
    return [max(past, key=lambda name: len(shown[name]))] if past else []


def steps(record: Any) -> Iterator[tuple[bytes, dict[bytes, float]]]:
    """Yield each token of the answer, and the probabilities of the likeliest ones in its place, itself among them."""
    for entry in record[:MOST_STEPS] if isinstance(record, list) else ():
        chosen = token_of(entry)
        if chosen is None:
            return
        others = inner(entry, "top_logprobs")
        likeliest: dict[bytes, float] = {}
        for found in map(token_of, others[:100] if isinstance(others, list) else ()):
            if found is not None:  # two tokens may differ in case alone
                likeliest[found[0]] = likeliest.get(found[0], 0.0) + found[1]
        likeliest.setdefault(*chosen)
        total = sum(likeliest.values())
        yield chosen[0], {token: value / max(total, 1.0) for token, value in likeliest.items()}


def token_of(entry: object) -> tuple[bytes, float] | None:
    """Return a token's bytes in lower case and its probability, or ``None`` if the server did not send both."""
    logprob, text, raw = inner(entry, "logprob"), inner(entry, "token"), inner(entry, "bytes")
    if isinstance(logprob, bool) or not isinstance(logprob, int | float) or math.isnan(logprob):
        return None
    if isinstance(raw, list) and all(type(byte) is int and 0 <= byte < 256 for byte in raw):
        return bytes(raw).lower(), math.exp(min(logprob, 0.0))
    return (well_formed(text).encode().lower(), math.exp(min(logprob, 0.0))) if isinstance(text, str) else None
