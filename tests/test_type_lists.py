"""Type lists and trees as users give them: the right scheme, or one clear line."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models.type_lists import is_per_text, read_types, read_types_per_text
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.taxonomy import Taxonomy, load_taxonomy
from tests.strategies import LIGHT

ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.binary(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.sets(st.one_of(st.text(max_size=3), st.integers(0, 3), st.none()), max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(0, 2)), inner, max_size=3),
        st.tuples(inner),
    ),
    max_leaves=8,
)


def leaves(tree):
    return [node.id for node in tree.fine]


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        (None, None),
        (["person", "city"], ("person", "city")),
        (("one",), ("one",)),
        ({"b", "a"}, ("a", "b")),
        (frozenset(["b", "a"]), ("a", "b")),
        (["it's", 'a "b"', "C#", "東京", "market/mall"], ("it's", 'a "b"', "C#", "東京", "market/mall")),
        (["City", "city"], ("City", "city")),
        (["dynamicner", "coarse"], ("dynamicner", "coarse")),
    ],
)
def test_list_of_names_is_kept_in_order(types, wanted):
    assert read_types(types) == wanted


def test_ten_thousand_names_are_read():
    names = [f"type {number}" for number in range(10_000)]
    assert read_types(names) == tuple(names)


def test_tree_comes_by_name_object_file_or_nested_mapping(tmp_path):
    assert read_types("dynamicner") is load_taxonomy()
    assert read_types(load_taxonomy()) is load_taxonomy()
    path = tmp_path / "tree.yaml"
    path.write_text("coarse:\n- name: a\n- name: b\n  medium:\n  - name: c\n", "utf-8")
    for given_ in (path, str(path), {"a": [], "b": ["c"]}, {"a": None, "b": {"c": []}}, {"a": {}, "b": ("c",)}):
        assert leaves(read_types(given_)) == ["a", "b > c"]
    assert leaves(read_types({"coarse": [{"name": "a"}, {"name": "b"}]})) == ["a", "b"]
    assert leaves(read_types({"p": {"q": ["r", "s"]}})) == ["p > q > r", "p > q > s"]


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ([], "at least one type name"),
        ((), "at least one type name"),
        (set(), "at least one type name"),
        ({}, "empty"),
        (["a", "a"], "stands twice"),
        (["a, b"], "comma"),
        (["a\nb"], "line break"),
        ([" a"], "outer"),
        (["a##b"], "marker"),
        (["a[b"], "bracket"),
        (["a|b"], "bar"),
        ([""], "non-empty string"),
        (["  "], "non-empty string"),
        (["a", 1], "non-empty string, not 1"),
        (["a", None], "non-empty string, not None"),
        (["a", ["b"]], "non-empty string"),
        ({1, 2}, "non-empty string"),
        ({"a", 1}, "non-empty string"),
        ({"a", None}, "non-empty string"),
        (["\ud800"], "type name"),
        (5, "not int"),
        (1.5, "not float"),
        (True, "not bool"),
        (b"person", "not bytes"),
        (iter(["a"]), "not list_iterator"),
        (object(), "not object"),
        (np.array(["a", "b"]), "not ndarray"),
        ("person", "is one name"),
        ("person, city", "is one name"),
        ("", "is one name"),
        ("no/such/tree.yaml", "no/such/tree.yaml"),
        (Path("no/such/tree.yaml"), "no/such/tree.yaml"),
        ({"a": "b"}, "mapping or a list"),
        ({"a": 5}, "mapping or a list"),
        ({1: []}, "non-empty string"),
        ({"a": [["b"]]}, "non-empty string"),
        ({"a": {"b": {"c": {"d": []}}}}, "deeper than 3"),
        ({"a": {"b": {"c": ["d"]}}}, "deeper than 3"),
        ({"a, b": []}, "comma"),
        ({"a": [], "A": []}, "same name"),
        ({"a": ["x"], "b": ["x"]}, "same name"),
        ({"coarse": []}, "empty"),
        ({"coarse": "a"}, "coarse"),
        ({"a": ["\ud800"]}, "type name"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_unsound_types_are_refused_in_one_clear_line(types, words):
    with pytest.raises(InputError, match=words) as caught:
        read_types(types)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
    str(caught.value).encode()


@LIGHT
@given(types=ANYTHING)
def test_anything_is_a_scheme_or_an_input_error(types):
    for work in (lambda: read_types(types), lambda: read_types_per_text(types, 2)):
        try:
            found = work()
        except InputError as error:
            assert "\n" not in str(error)
        else:
            schemes = found if isinstance(found, list) else [found]
            assert all(one is None or isinstance(one, (tuple, Taxonomy)) for one in schemes)


def test_one_scheme_serves_all_texts():
    assert read_types_per_text(["a", "b"], 3) == [("a", "b")] * 3
    assert read_types_per_text(None, 2) == [None, None]
    assert read_types_per_text({"a": []}, 1)[0].fine[0].id == "a"
    assert read_types_per_text(["a"], 0) == []


def test_each_text_may_have_its_own_scheme():
    tree = load_taxonomy()
    given_ = [["a"], None, tree, ("b", "c"), {"x": ["y"]}, {"q"}]
    found = read_types_per_text(given_, 6)
    assert found[:4] == [("a",), None, tree, ("b", "c")]
    assert leaves(found[4]) == ["x > y"] and found[5] == ("q",)


@pytest.mark.parametrize(("types", "count"), [([["a"], ["b"]], 3), ([None], 2), ([["a"], ["b"]], 0), ([["a"]] * 3, 2)])
def test_wrong_number_of_lists_is_refused(types, count):
    with pytest.raises(InputError, match=f"{len(types)} type lists were given for {count} texts"):
        read_types_per_text(types, count)


def test_unsound_list_is_named_by_its_text():
    with pytest.raises(InputError, match=r"^types of text 2: .*comma"):
        read_types_per_text([["a"], ["b, c"]], 2)


@pytest.mark.parametrize(
    ("types", "wanted"),
    [([["a"]], True), ([None, "a"], True), (["a", ["b"]], False), ([], False), ("ab", False), ({"a": []}, False)],
)
def test_lists_are_per_text_if_the_first_item_is_no_name(types, wanted):
    assert is_per_text(types) is wanted
