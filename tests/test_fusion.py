"""Fusion of rounds: the union, the longer wins, nothing overlaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models.backends.base import Found
from cascadener_models.fusion import Fused, fuse
from tests.strategies import LIGHT


@st.composite
def rounds_of_mentions(draw, least=1):
    """Rounds, each of sorted mentions that do not overlap."""
    rounds = []
    for _ in range(draw(st.integers(least, 5))):
        borders = sorted(draw(st.sets(st.integers(0, 25), max_size=12)))
        pairs = zip(borders[::2], borders[1::2], strict=False)
        rounds.append([Found(start, end, draw(st.floats(0, 1))) for start, end in pairs])
    return rounds


def overlap(one, other):
    return one.start < other.end and other.start < one.end


@LIGHT
@given(rounds=rounds_of_mentions())
def test_fused_mentions_are_sorted_and_none_overlaps(rounds):
    fused = fuse(rounds)
    ends = [place for one in fused for place in one[:2]]
    assert ends == sorted(ends)
    assert all(one.start < one.end for one in fused)


@LIGHT
@given(rounds=rounds_of_mentions())
def test_each_mention_is_kept_or_overlaps_a_kept_one_at_least_as_long(rounds):
    fused = fuse(rounds)
    spans = {one[:2] for one in fused}
    for mention in (one for mentions in rounds for one in mentions):
        longer = [one for one in fused if overlap(one, mention) and one.end - one.start >= mention.end - mention.start]
        assert mention[:2] in spans or longer
    assert spans <= {one[:2] for mentions in rounds for one in mentions}


@LIGHT
@given(rounds=rounds_of_mentions())
def test_rounds_are_counted_and_scores_are_means_over_all_rounds(rounds):
    for one in fuse(rounds):
        scores = [found.score for mentions in rounds for found in mentions if found[:2] == one[:2]]
        assert one.rounds == len(scores)
        assert one.score == pytest.approx(sum(scores) / len(rounds))
        assert 0 <= one.score <= 1


@LIGHT
@given(rounds=rounds_of_mentions())
def test_one_round_is_left_as_it_is(rounds):
    assert fuse(rounds[:1]) == [Fused(*found, 1) for found in rounds[0]]


@LIGHT
@given(rounds=rounds_of_mentions(), data=st.data())
def test_order_of_rounds_changes_nothing_but_rounding_of_scores(rounds, data):
    mixed = data.draw(st.permutations(rounds))
    for one, other in zip(fuse(rounds), fuse(mixed), strict=True):
        assert (one[:2], one.rounds) == (other[:2], other.rounds)
        assert one.score == pytest.approx(other.score)


@LIGHT
@given(rounds=rounds_of_mentions())
def test_fusing_what_was_fused_changes_no_span(rounds):
    once = fuse(rounds)
    again = fuse([[Found(*one[:3]) for one in once]])
    assert [one[:2] for one in again] == [one[:2] for one in once]


@pytest.mark.parametrize(
    ("rounds", "kept"),
    [
        ([[(0, 5)], [(0, 11)], [(0, 5)]], [(0, 11)]),  # longer beats more often
        ([[(0, 4)], [(2, 6)], [(2, 6)]], [(2, 6)]),  # of equals the more often found
        ([[(0, 4)], [(2, 6)]], [(0, 4)]),  # then the earlier
        ([[(0, 2), (2, 4)]], [(0, 2), (2, 4)]),  # touching is no overlap
        ([[(0, 3), (4, 7)], [(2, 6)]], [(2, 6)]),  # one that is longer than each of two
        ([[(0, 6)], [(5, 10)], [(9, 13)]], [(0, 6), (9, 13)]),
        ([[], []], []),
    ],
)
def test_longest_then_most_often_then_earliest_stays(rounds, kept):
    assert [one[:2] for one in fuse([[Found(*span) for span in spans] for spans in rounds])] == kept
