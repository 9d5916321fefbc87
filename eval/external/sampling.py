"""k-shot samples of a set, and N-way K~2K-shot episodes (Few-NERD's own setting).

**k-shot**: at least ``min(k, n)`` sentences for each type, by the sampler of the project's own data
(``build.derived.kshot``). **Episode** (Ding et al., 2021, Algorithm 1): N types are drawn, then sentences whose
mentions are all of these types, until each type has K to 2K *mentions*; a query set is drawn from the rest likewise.
All draws are by hashes of seed and id: the same on every machine.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from build.derived import kshot
from dynamicner_dataset.errors import InputError
from eval.gold import Gold

#: Draws of one episode before it is given up.
ATTEMPTS = 100


@dataclass(frozen=True)
class Episode:
    """One few-shot task.

    Attributes:
        types: The drawn types, in the order of the set's list.
        support: Sentences to show or train on; ``types`` is their type list.
        query: Sentences to be scored on; none is in the support.
    """

    types: tuple[str, ...]
    support: list[Gold]
    query: list[Gold]


def k_shot(sentences: Sequence[Gold], k: int, seed: int = 0) -> tuple[list[Gold], dict[str, Any]]:
    """Return a sample with ``k`` sentences a type, in the order of the data, and counts for the report.

    Raises:
        InputError: If ``k`` is less than 1, or no sentence has a mention.
    """
    carriers: dict[str, list[kshot.Key]] = {}
    for one in sentences:
        for name in sorted({mention.type for mention in one.mentions}):
            carriers.setdefault(name, []).append((one.lang, one.id))
    if not carriers:
        raise InputError("no sentence has a mention, so nothing can be sampled by type")
    needs = kshot.needs_for_k({name: len(keys) for name, keys in carriers.items()}, k)
    drawn = kshot.sample(carriers, needs, seed=seed)
    types = sentences[0].types or ()
    held = kshot.held(carriers, drawn)
    counts = {
        "unit": "sentence",
        "shots": k,
        "seed": seed,
        "sentences_by_type": {name: held[name] for name in types},
        "short": {name: needs.get(name, 0) for name in types if needs.get(name, 0) < k},
    }
    return [one for one in sentences if (one.lang, one.id) in drawn], counts


def draw_episodes(
    sentences: Sequence[Gold], ways: int, shots: int, *, episodes: int = 1, seed: int = 0
) -> list[Episode]:
    """Return episodes of ``ways`` types with ``shots`` to twice as many mentions of each, in support and query.

    Raises:
        InputError: If the set has too few types, a number is less than 1, or no draw can be filled.
    """
    for name, value in (("ways", ways), ("shots", shots), ("episodes", episodes)):
        if value < 1:
            raise InputError(f"{name} is {value}; at least 1 is wanted")
    present = {mention.type for one in sentences for mention in one.mentions}
    types = [name for name in (sentences[0].types if sentences else None) or () if name in present]
    if ways > len(types):
        raise InputError(f"{ways} ways are asked for, but only {len(types)} types have a mention")
    return [draw_episode(sentences, types, ways, shots, f"{seed}/{number}") for number in range(1, episodes + 1)]


def draw_episode(sentences: Sequence[Gold], types: Sequence[str], ways: int, shots: int, key: str) -> Episode:
    """Draw one episode; where a draw of types cannot be filled, another is tried."""
    for attempt in range(ATTEMPTS):
        order = f"{key}/{attempt}"
        drawn = set(sorted(types, key=lambda name: rank(order, name))[:ways])
        pool = [one for one in sentences if one.mentions and drawn.issuperset(mention.type for mention in one.mentions)]
        pool.sort(key=lambda one: rank(order, f"{one.lang}/{one.id}"))
        support = fill(pool, drawn, shots)
        taken = {(one.lang, one.id) for one in support}
        query = fill([one for one in pool if (one.lang, one.id) not in taken], drawn, shots) if support else []
        if query:
            names = tuple(name for name in types if name in drawn)
            return Episode(names, with_types(support, names), with_types(query, names))
    raise InputError(
        f"no {ways}-way {shots}~{2 * shots}-shot episode can be drawn from {len(sentences)} sentences in {ATTEMPTS} "
        "draws: sentences with mentions of the drawn types alone are too few; ask for fewer shots"
    )


def fill(pool: Sequence[Gold], types: Iterable[str], shots: int) -> list[Gold]:
    """Return sentences with ``shots`` to twice as many mentions of each type; an empty list where they do not suffice.

    Greedy, the rarest type first; a sentence that would bring any type above the double is passed over.
    """
    counts: Counter[str] = Counter()
    found: dict[tuple[str, str], Gold] = {}
    inside = {(one.lang, one.id): Counter(mention.type for mention in one.mentions) for one in pool}
    available = sum(inside.values(), Counter())
    for name in sorted(types, key=lambda name: (available[name], name)):
        for one in pool:
            key = (one.lang, one.id)
            if counts[name] >= shots:
                break
            fits = all(counts[other] + number <= 2 * shots for other, number in inside[key].items())
            if name in inside[key] and key not in found and fits:
                found[key] = one
                counts += inside[key]
        if counts[name] < shots:
            return []
    return sorted(found.values(), key=lambda one: (one.lang, one.id))


def rank(key: str, name: str) -> bytes:
    """Return a random place in an order of drawing."""
    return hashlib.blake2b(f"{key}/{name}".encode(), digest_size=16).digest()


def with_types(sentences: Iterable[Gold], types: tuple[str, ...]) -> list[Gold]:
    """Return the sentences with another type list."""
    return [replace(one, types=types) for one in sentences]


def numbered(sentences: Iterable[Gold], episode: int) -> list[Gold]:
    """Return the sentences with ids that name their episode, since one may be in several."""
    return [replace(one, id=f"ep{episode:04d}-{one.id}") for one in sentences]
