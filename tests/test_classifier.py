"""Naming mentions with a back end whose joint distribution is known: greedy steps, whole paths, memory, long lists."""

from collections import Counter
from types import MappingProxyType
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models import classifier as module
from cascadener_models.backends.base import Answer, Extracted, Question
from cascadener_models.classifier import MAX_LIST, Classifier, Task
from cascadener_models.prompts import UNKNOWN
from cascadener_models.results import StageCost
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.taxonomy import Taxonomy
from tests.strategies import LIGHT, trees

TEXT, SPAN = "Ada wrote.", (0, 3)
COST = StageCost(tokens_in=10, tokens_out=2, passes=1, seconds=0.25)


class Weighing:
    """Gives each name a weight of its own, so that all probabilities are known."""

    description = MappingProxyType({})
    gives_probabilities = True

    def __init__(self, weight, *, silent=(), fails=()):
        self.weight, self.silent, self.fails = weight, silent, fails
        self.asked = []

    def extract(self, texts, rounds):
        return [Extracted(()) for _ in texts]

    def classify(self, questions):
        self.asked += questions
        return [self.answer(question) for question in questions]

    def answer(self, question):
        names = dict.fromkeys([*question.types, *([UNKNOWN] if question.zero_shot else [])])
        if any(name in self.fails for name in names):
            return Answer(None, None, COST, "no answer")
        weights = {name: self.weight(name) for name in names}
        total = sum(weights.values())
        ranked = sorted(((name, value / total) for name, value in weights.items()), key=lambda pair: -pair[1])
        return Answer(ranked[0][0], None if self.silent else dict(ranked), COST)

    def forget(self):
        pass

    def close(self):
        pass


class Silent(Weighing):
    gives_probabilities = False

    def answer(self, question):
        found = super().answer(question)
        return Answer(found.type, None, found.cost, found.failure)


def by_number(seed):
    """A weight in (0, 1] for each name, different for each seed."""
    known = {}

    def weight(name):
        if name not in known:
            known[name] = (crc32(f"{seed} {name}".encode()) % 997 + 1) / 997
        return known[name]

    return weight


def tree_of(nested):
    from cascadener_models.type_lists import read_types

    return read_types(nested)


def shares(backend, tree, zero_shot):
    """Joint probability of each node by its definition, and of `unknown` below each node that is asked."""
    joint, unknown = {None: 1.0}, {}

    def below(node):
        children = tree.roots if node is None else node.children
        if not children:
            return
        if len(children) == 1:
            joint[children[0]] = joint[node]
        else:
            found = backend.answer(Question(TEXT, SPAN, tuple(child.name for child in children), zero_shot))
            for child in children:
                joint[child] = joint[node] * found.probabilities[child.name]
            if zero_shot and UNKNOWN not in [child.name for child in children]:
                unknown[node] = joint[node] * found.probabilities[UNKNOWN]
        for child in children:
            below(child)

    below(None)
    return joint, unknown


def name(backend, types, **options):
    (found,) = Classifier(backend, **options).name([Task(TEXT, SPAN, types)])
    return found


def path_of(node):
    return tuple(step.name for step in node.path)


SEED = st.integers(0, 10**6)
TREES = trees(depths=(1, 2, 3))


@LIGHT
@given(tree=TREES, seed=SEED, zero_shot=st.booleans())
def test_whole_path_is_the_best_of_all_leaves(tree, seed, zero_shot):
    backend = Weighing(by_number(seed))
    joint, unknown = shares(backend, tree, zero_shot)
    found = name(backend, tree, decoding="whole-path", zero_shot=zero_shot)
    ends = [(joint[leaf], leaf) for leaf in tree.fine] + [(share, node) for node, share in unknown.items()]
    best = max(share for share, _ in ends)
    winners = [node for share, node in ends if share == pytest.approx(best)]
    if found.dropped:
        assert found.dropped == "unknown" and None in winners
    else:
        node = next(node for node in winners if node is not None and path_of(node) == found.path)
        assert found.score == pytest.approx(joint[node])
    assert all(found.probabilities[key] == pytest.approx(joint[tree.by_id[key]]) for key in found.probabilities)


@LIGHT
@given(tree=TREES, seed=SEED, zero_shot=st.booleans())
def test_greedy_is_the_best_type_of_each_level_in_turn(tree, seed, zero_shot):
    backend = Weighing(by_number(seed))
    joint, unknown = shares(backend, tree, zero_shot)
    node = None
    while children := (tree.roots if node is None else node.children):
        best = max(children, key=lambda child: joint[child])
        if unknown.get(node, 0.0) > joint[best]:
            break
        node = best
    found = name(backend, tree, zero_shot=zero_shot)
    if node is None:
        assert (found.path, found.dropped) == ((), "unknown")
    else:
        assert (found.path, found.dropped) == (path_of(node), "")
        assert found.score == pytest.approx(joint[node])


@LIGHT
@given(tree=TREES, seed=SEED)
def test_greedy_asks_once_a_level_and_whole_path_never_finds_less(tree, seed):
    greedy, whole = Weighing(by_number(seed)), Weighing(by_number(seed))
    step, best = name(greedy, tree), name(whole, tree, decoding="whole-path")
    assert len(greedy.asked) <= 3
    assert best.score >= step.score - 1e-12
    assert len(whole.asked) <= sum(bool(node.children) for node in tree.nodes) + 1
    assert len(set(whole.asked)) == len(whole.asked)


@LIGHT
@given(tree=TREES, seed=SEED, sure=st.floats(0.01, 1), decoding=st.sampled_from(["greedy", "whole-path"]))
def test_sure_stops_at_the_deepest_type_that_is_likely_enough(tree, seed, sure, decoding):
    backend = Weighing(by_number(seed))
    joint, _ = shares(backend, tree, False)
    whole = name(backend, tree, decoding=decoding)
    found = name(backend, tree, decoding=decoding, sure=sure)
    assert found.path == whole.path[: len(found.path)] and found.path
    steps = [tree.by_id[" > ".join(whole.path[:depth])] for depth in range(1, len(whole.path) + 1)]
    deepest = max((depth for depth, node in enumerate(steps, 1) if joint[node] >= sure), default=1)
    assert len(found.path) == max(deepest, 1)
    assert found.score == pytest.approx(joint[steps[len(found.path) - 1]])


def test_single_types_need_no_question():
    backend = Weighing(by_number(0))
    for decoding in ("greedy", "whole-path"):
        found = name(backend, tree_of({"a": {"b": ["c"]}}), decoding=decoding)
        assert (found.path, found.score) == (("a", "b", "c"), 1.0)
    assert not backend.asked


def test_tree_of_one_top_type_can_be_unknown_in_zero_shot():
    backend = Weighing({"a": 0.1, UNKNOWN: 0.9}.get)
    assert name(backend, ("a",), zero_shot=True).dropped == "unknown"
    for decoding in ("greedy", "whole-path"):
        assert name(backend, tree_of({"a": []}), zero_shot=True, decoding=decoding).dropped == "unknown"


def test_wrong_first_step_is_final_for_greedy_and_recovered_by_the_whole_path():
    weights = {"x": 0.6, "y": 0.4, **dict.fromkeys("pqr", 1 / 3), "s": 0.95, "t": 0.05}
    tree = tree_of({"x": ["p", "q", "r"], "y": ["s", "t"]})
    assert name(Weighing(weights.get), tree).path == ("x", "p")
    found = name(Weighing(weights.get), tree, decoding="whole-path")
    assert found.path == ("y", "s")
    assert found.score == pytest.approx(0.38)


def test_unknown_below_a_type_stays_at_that_type():
    weights = {"x": 0.9, "y": 0.05, "p": 0.1, "q": 0.1, UNKNOWN: 0.4}
    tree = tree_of({"x": ["p", "q"], "y": []})
    for decoding in ("greedy", "whole-path"):
        found = name(Weighing(weights.get), tree, zero_shot=True, decoding=decoding)
        assert (found.path, found.dropped) == (("x",), "")


@pytest.mark.parametrize("zero_shot", [False, True])
def test_type_called_unknown_is_a_type(zero_shot):
    backend = Weighing({"a": 0.1, UNKNOWN: 0.9}.get)
    assert name(backend, ("a", UNKNOWN), zero_shot=zero_shot).path == (UNKNOWN,)
    for decoding in ("greedy", "whole-path"):
        tree = tree_of({"a": [], UNKNOWN: []})
        assert name(backend, tree, zero_shot=zero_shot, decoding=decoding).path == (UNKNOWN,)


def test_list_gives_the_likeliest_type_and_all_probabilities():
    found = name(Weighing({"a": 1, "b": 3}.get), ("a", "b"))
    assert (found.path, found.score, found.probabilities) == (("b",), 0.75, {"b": 0.75, "a": 0.25})


def test_failure_drops_a_mention_and_below_a_type_stays_there():
    tree = tree_of({"x": ["p", "q"], "y": []})
    assert name(Weighing(by_number(1), fails={"a"}), ("a", "b")).dropped == "unanswered"
    assert name(Weighing(by_number(1), fails={"x"}), tree).dropped == "unanswered"
    found = name(Weighing({"x": 0.9, "y": 0.1}.get, fails={"p"}), tree)
    assert (found.path, found.dropped, found.score) == (("x",), "", 0.9)
    for fails, dropped in [({"x"}, "unanswered"), ({"p"}, "")]:
        found = name(Weighing({"x": 0.9, "y": 0.1}.get, fails=fails), tree, decoding="whole-path")
        assert found.dropped == dropped


def test_server_without_probabilities_names_but_neither_scores_nor_searches():
    backend = Silent(by_number(3))
    found = name(backend, tree_of({"x": ["p", "q"], "y": ["r", "s"]}))
    assert len(found.path) == 2 and found.score is None and found.probabilities == {}
    assert name(backend, ("a", "b")).score is None
    for options in ({"decoding": "whole-path"}, {"sure": 0.5}):
        with pytest.raises(InputError, match="gives no probabilities"):
            Classifier(backend, **options)


@pytest.mark.parametrize("options", [{"decoding": "beam"}, {"decoding": None}, {"sure": -0.1}, {"sure": 1.1}])
def test_unknown_option_is_refused(options):
    with pytest.raises(InputError):
        Classifier(Weighing(by_number(0)), **options)


def test_repeated_question_costs_nothing_and_is_asked_once():
    backend = Weighing(by_number(2))
    one = Classifier(backend)
    tasks = [Task(TEXT, SPAN, ("a", "b")), Task(TEXT, SPAN, ("a", "b")), Task(TEXT, SPAN, ("b", "a"))]
    first = one.name(tasks)
    assert len(backend.asked) == 2
    assert [found.cost for found in first] == [COST, StageCost(), COST]
    again = one.name(tasks)
    assert len(backend.asked) == 2
    assert all(found.cost == StageCost() for found in again)
    assert [(found.path, found.probabilities) for found in again] == [(one.path, one.probabilities) for one in first]


def test_costs_add_up_down_a_tree():
    backend = Weighing(by_number(2))
    found = name(backend, tree_of({"x": {"p": ["a", "b"], "q": ["c", "d"]}, "y": {"r": ["e", "f"], "s": ["g", "h"]}}))
    assert found.cost == COST + COST + COST
    assert len(backend.asked) == 3


def test_failures_are_asked_again():
    backend = Weighing(by_number(2), fails={"a"})
    one = Classifier(backend)
    task = Task(TEXT, SPAN, ("a", "b"))
    assert one.name([task])[0].dropped == "unanswered"
    backend.fails = ()
    assert one.name([task])[0].path
    assert len(backend.asked) == 2


def test_memory_that_is_full_forgets_the_oldest_and_answers_all(monkeypatch):
    monkeypatch.setattr(module, "MAX_KEPT", 3)
    backend = Weighing(by_number(2))
    one = Classifier(backend)
    tasks = [Task(f"{TEXT}{number}", SPAN, ("a", "b")) for number in range(8)]
    one.name(tasks[:3])
    found = one.name([*tasks[3:], *tasks[:3]])  # the new ones push out those that are asked again
    assert all(named.path for named in found)
    assert len(backend.asked) == 8
    one.name(tasks[:3])
    assert len(backend.asked) <= 11


@pytest.mark.parametrize("zero_shot", [False, True])
@pytest.mark.parametrize("count", [MAX_LIST, MAX_LIST + 1, 700, 10_000])
def test_long_list_is_asked_in_parts_and_gives_what_one_question_would(count, zero_shot):
    types = tuple(f"type {number}" for number in range(count))
    backend = Weighing(lambda name: 1e-9 if name == UNKNOWN else by_number(7)(name) + (name == "type 200"))
    found = name(backend, types, zero_shot=zero_shot)
    whole = backend.answer(Question(TEXT, SPAN, types, zero_shot))
    assert found.path == (whole.type,) == ("type 200",)
    assert set(found.probabilities) == set(whole.probabilities)
    assert sum(found.probabilities.values()) == pytest.approx(1)
    for one in ("type 200", "type 0", types[-1]):
        assert found.probabilities[one] == pytest.approx(whole.probabilities[one], rel=1e-3)
    assert all(len(question.types) <= MAX_LIST for question in backend.asked)
    parts = -(-count // MAX_LIST)
    asked = parts + (parts > 1)
    assert found.cost.passes == len(backend.asked) == asked


def test_long_list_of_which_a_part_is_unknown_still_gives_every_probability():
    types = tuple(f"type {number}" for number in range(600))
    weights = dict.fromkeys(types, 0.001) | {"type 3": 5.0, UNKNOWN: 1.0}
    found = name(Weighing(weights.get), types, zero_shot=True)
    assert found.path == ("type 3",)
    assert found.probabilities.keys() == {*types, UNKNOWN}
    assert sum(found.probabilities.values()) == pytest.approx(1)


def test_long_list_of_no_type_that_applies_is_unknown():
    types = tuple(f"type {number}" for number in range(600))
    assert name(Weighing(lambda name: 9.0 if name == UNKNOWN else 0.001), types, zero_shot=True).dropped == "unknown"


def test_long_list_of_a_server_without_probabilities_is_named():
    types = tuple(f"type {number}" for number in range(600))
    backend = Silent(lambda name: 1.0 + (name == "type 555"))
    found = name(backend, types)
    assert (found.path, found.score, found.probabilities) == (("type 555",), None, {})


def test_many_mentions_are_asked_side_by_side_level_by_level():
    batches = []

    class Counting(Weighing):
        def classify(self, questions):
            batches.append(len(questions))
            return super().classify(questions)

    tree = tree_of({"x": ["a", "b"], "y": ["c", "d"]})
    tasks = [Task(f"{TEXT}{number}", SPAN, tree) for number in range(20)]
    Classifier(Counting(by_number(1))).name([*tasks, Task(TEXT, SPAN, ("p", "q"))])
    assert batches == [21, 20]
    assert Classifier(Counting(by_number(1))).name([]) == []


def test_order_of_tasks_changes_no_answer():
    tree = Taxonomy.from_dict({"coarse": [{"name": "x"}, {"name": "y", "medium": [{"name": "z"}, {"name": "w"}]}]})
    tasks = [Task(f"{TEXT}{number}", SPAN, types) for number, types in enumerate([tree, ("a", "b"), tree, ("c",)] * 3)]
    one, other = Classifier(Weighing(by_number(5))), Classifier(Weighing(by_number(5)))
    assert Counter(found.path for found in one.name(tasks)) == Counter(found.path for found in other.name(tasks[::-1]))
    assert [found.path for found in other.name(tasks)] == [found.path for found in one.name(tasks)]
