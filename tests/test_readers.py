"""Texts of files: every format row by row, and one clear line for whatever is wrong."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models.command import readers
from cascadener_models.command.options import InputFormat, ReadingOptions
from cascadener_models.command.readers import Source
from dynamicner_dataset.errors import InputError
from tests.strategies import LIGHT, texts


def read(path, form=None, **options):
    return list(Source(path, form or InputFormat(path.suffix[1:]), ReadingOptions(**options)).rows())


def write(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


def refuse(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert "\n" not in message and message.startswith(str(path))
    return message.removeprefix(str(path))


def fields(row):
    return json.loads(row.opening + "}")


def test_txt_keeps_blank_lines_so_that_line_numbers_agree(tmp_path):
    rows = read(write(tmp_path, "x.txt", "one\n\n three \nfour"))
    assert [(row.text, row.place[1]) for row in rows] == [("one", 1), ("", 2), (" three ", 3), ("four", 4)]
    assert [row.offset for row in rows] == [4, 5, 13, 17]


def test_windows_files_are_read(tmp_path):
    rows = read(write(tmp_path, "x.txt", b"\xef\xbb\xbfone\r\ntwo\r\n"))
    assert [row.text for row in rows] == ["one", "two"]
    rows = read(write(tmp_path, "x.csv", b'\xef\xbb\xbftext,n\r\n"one\r\n1",2\r\n'))
    assert [(row.text, fields(row)) for row in rows] == [("one\n1", {"text": "one\n1", "n": "2"})]


def test_jsonl_keeps_further_fields_and_own_types(tmp_path):
    data = '{"id": 7, "text": "Zoë", "types": ["a", "b"], "x": {"y": null}}\n\n{"text": ""}\n'
    path = write(tmp_path, "x.jsonl", data)
    first, second = read(path)
    assert first.types == ("a", "b") and second.types is None
    assert first.opening == '{"id": 7, "text": "Zoë", "types": ["a", "b"], "x": {"y": null}'
    assert (second.text, second.place[1]) == ("", 3)
    assert [row.types for row in read(path, ignore_row_types=True)] == [None, None]


def test_names_of_ours_are_put_out_of_the_way(tmp_path):
    (row,) = read(write(tmp_path, "x.jsonl", '{"text": "a", "entities": [1], "cost": 2}'))
    assert fields(row) == {"text": "a", "input_entities": [1], "input_cost": 2}
    (row,) = read(write(tmp_path, "x.csv", "body,text\na,b\n"), column="body")
    assert (row.text, fields(row)) == ("a", {"text": "a", "input_text": "b"})


def test_csv_places_are_the_first_line_of_the_record(tmp_path):
    rows = read(write(tmp_path, "x.csv", 'n,text\n1,"a\nb"\n\n2,c\n'))
    assert [(row.text, row.place[1]) for row in rows] == [("a\nb", 2), ("c", 5)]


@given(st.lists(texts("en"), min_size=1, max_size=5))
@LIGHT
def test_any_text_survives_json_and_csv(tmp_path_factory, found):
    folder = tmp_path_factory.mktemp("read")
    data = "".join(json.dumps({"text": text}) + "\n" for text in found)
    assert [row.text for row in read(write(folder, "x.jsonl", data))] == found
    # A spreadsheet's line end, CR LF, is read as LF inside of a field too.
    plain = [
        text.replace("\r\n", "\n") for text in found if "\x00" not in text and "\r" not in text.replace("\r\n", "")
    ]
    if plain:
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerow(["text"])
        writer.writerows([text] for text in plain)
        assert [row.text for row in read(write(folder, "x.csv", out.getvalue()))] == plain


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"text": "a"}\n{"text": "\xff"}\n', ":2:11: byte 0xff is not valid UTF-8"),
        (b'\xff\xfe{"text": "a"}\n', ":1: starts with a byte order mark (UTF-16); UTF-8 is wanted"),
        ('{"text": "a"}\n{"text": \n', ":2:10: is not valid JSON: Expecting value"),
        ('{"text": "a"}\n{"txt": "b"}', ":2: the row lacks the key 'text'"),
        ('["a"]', ":1: the row must be an object"),
        ('{"text": 3}', ":1: 'text' of the row must be a string, not '3'"),
        ('{"text": null}', ":1: 'text' of the row must be a string, not 'null'"),
        ('{"text": "a", "types": "person"}', ":1: 'types' of the row must be a list"),
        ('{"text": "a", "types": []}', ":1: 'types' of the row is empty"),
        ('{"text": "a", "types": [1]}', ":1: a type name must be a non-empty string"),
        ('{"text": "a", "types": ["a", "a"]}', ":1: type 'a' stands twice"),
        ('{"text": "a", "types": ["a, b"]}', ":1: type name 'a, b' has a comma"),
        ('{"text": "a", "types": ["a\\nb"]}', ":1: type name 'a\\nb' has outer or doubled spaces or a line break"),
        ('{"text": "\\ud800"}', ":1: has a surrogate escape"),
        ('{"text": "a", "x": NaN}', ":1: NaN is no JSON value"),
        ('{"text": "a", "x": 1e999}', ":1: the row holds a number too great"),
        ('{"text": "a", "text": "b"}', ":1: key 'text' stands twice"),
        (
            '{"text": "a", "entities": 1, "input_entities": 2}',
            ":1: two fields of the row would be named 'input_entities'",
        ),
        ('{"text": "a", "x": ' + "[" * 100_000, ":1: is JSON that cannot be held"),
        ("", ": holds no text"),
        ("\n\n", ": holds no text"),
    ],
    ids=range(21),
)
def test_bad_jsonl(tmp_path, data, message):
    assert refuse(write(tmp_path, "x.jsonl", data)).startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("txt,n\na,1\n", ":1: has no column 'text'; did you mean: txt? (--column names another)"),
        ("text,n,n\n", ":1: has the column 'n' twice"),
        ("text,n\na,1\nb\n", ":3: has 1 fields; the header has 2"),
        ('text\n"a\nb\n', ":2: is not valid CSV"),
        ('text\n"a"b\n', ":2: is not valid CSV"),
        ("text\n", ": holds no text"),
        ("", ": holds no text"),
    ],
)
def test_bad_csv(tmp_path, data, message):
    assert refuse(write(tmp_path, "x.csv", data)).startswith(message)


def test_bad_txt(tmp_path):
    assert refuse(write(tmp_path, "x.txt", b"caf\xc3\xa9 \xe9\n")) == ":1:6: byte 0xe9 is not valid UTF-8"
    assert refuse(tmp_path / "none.txt") == ": cannot be read: No such file or directory"


def test_a_line_without_end_is_not_read_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "MAX_LINE_BYTES", 100)
    path = write(tmp_path, "x.txt", "a" * 100 + "\n")
    assert refuse(path).startswith(":1: line is longer than 100 bytes")
    assert len(read(write(tmp_path, "y.txt", "a" * 99 + "\nb"))) == 2


def test_rows_come_before_a_bad_one_is_met(tmp_path):
    path = write(tmp_path, "x.jsonl", '{"text": "a"}\n{"text": 1}\n')
    rows = Source(path, InputFormat.JSONL).rows()
    assert next(rows).text == "a"
    with pytest.raises(InputError):
        next(rows)


def test_arguments():
    assert [row.text for row in Source(texts=["a", "b"]).rows()] == ["a", "b"]
    with pytest.raises(InputError, match="text 2 of the command line is not valid UTF-8"):
        list(Source(texts=["a", "\udcff"]).rows())
