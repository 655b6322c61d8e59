"""Reading transactions: every row is right, or set aside with its line."""

from __future__ import annotations

from decimal import Decimal

import pytest
from _transactions import BadRow, Transaction, random_transactions, read

from convagent import ConfigError

HEADER = "id,vendor,amount,memo\n"


def test_row_is_a_transaction_when_it_is_right() -> None:
    """Amounts are exact, white space is tidied, columns may stand in any order and be more."""
    rows = list(read("memo,date,AMOUNT, vendor ,id\n  desks  ,2024-01-02,1200.10, Acme   Corp ,T1\n", "a.csv"))
    assert rows == [Transaction("T1", "Acme Corp", Decimal("1200.10"), "desks", 2)]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,Acme,,x", "amount ''"),
        ("1,Acme,abc,x", "amount 'abc'"),
        ("1,Acme,NaN,x", "amount 'NaN'"),
        ("1,Acme,Infinity,x", "amount 'Infinity'"),
        ("1,Acme,1e9,x", "amount '1e9'"),
        ("1,Acme,-5,x", "amount '-5'"),
        ("1,Acme,1_000,x", "amount '1_000'"),
        ("1,Acme,٣,x", "amount '٣'"),
        ("1,Acme,1.234,x", "amount '1.234'"),
        ('1,Acme,"1,200.00",x', "amount '1,200.00'"),
        ("1,Acme,$12,x", "amount '$12'"),
        ("1,Acme,0.00,x", "amount is 0"),
        (",Acme,12,x", "id is empty"),
        ("1, ,12,x", "vendor is empty"),
        ("1,Acme,12", "has 3 fields, the header 4"),
        ("1,Acme,12,x,y", "has 5 fields, the header 4"),
        ("1,Acme,12,x\x1b[2K", "memo holds control characters"),
        ("1,Acme,12,x\u202ey", "memo holds control characters"),
        ("1,Acme,12,x\x00y", "memo holds control characters"),
    ],
)
def test_csv_row_is_set_aside_when_it_is_wrong(row: str, problem: str) -> None:
    """The row is reported with its line, its fault and its text, and the next one is read."""
    bad, good = read(f"{HEADER}{row}\n2,Globex,5,paper\n", "a.csv")
    assert isinstance(bad, BadRow)
    assert bad.lines == (2, 2)
    assert problem in bad.problem
    assert bad.text
    assert isinstance(good, Transaction)
    assert good.line == 3


def test_rows_are_reported_when_a_quote_swallows_them() -> None:
    """A forgotten quotation mark makes one field of several rows: they are set aside as those lines, not lost."""
    text = HEADER + '1,Acme,5,"x\n2,Acme,5,y\n3,Acme,5,z"\n4,Acme,5,w\n'
    bad, good = read(text, "a.csv")
    assert isinstance(bad, BadRow)
    assert bad.lines == (2, 4)
    assert "over several lines" in bad.problem
    assert isinstance(good, Transaction)
    assert good.line == 5


def test_rows_are_reported_when_a_quote_is_never_closed() -> None:
    """The rest of the file is set aside, with all its lines."""
    first, bad = read(HEADER + '1,Acme,5,x\n2,Acme,5,"y\n3,Acme,5,z\n', "a.csv")
    assert isinstance(first, Transaction)
    assert isinstance(bad, BadRow)
    assert bad.lines == (3, 4)
    assert "quotation mark" in bad.problem


def test_second_row_is_set_aside_when_an_id_is_used_twice() -> None:
    """A row pasted twice is not paid twice."""
    first, bad, third = read(HEADER + "1,Acme,5,x\n1,Globex,9,y\n2,Acme,5,x\n", "a.csv")
    assert isinstance(first, Transaction)
    assert isinstance(bad, BadRow)
    assert bad.problem == "id '1' stands in line 2 already"
    assert isinstance(third, Transaction)


def test_json_rows_have_lines_when_the_list_is_read() -> None:
    """Objects of a list are read one by one; each fault names the line of its object."""
    text = (
        "[\n"
        '  {"id": 1, "vendor": "Acme", "amount": 0.1, "memo": "x"},\n'
        '  {"id": 2, "vendor": "Acme", "amount": NaN, "memo": "x"},\n'
        '  {"id": 3, "vendor": "Acme", "amount": true, "memo": "x"},\n'
        "  17,\n"
        "  {\n"
        '    "id": 4, "vendor": null, "amount": "5", "memo": "x"\n'
        "  },\n"
        '  {"id": 5, "vendor": "Acme", "amount": 5, "amount": 50000, "memo": "x"},\n'
        '  {"id": 6, "vendor": ["Acme"], "amount": 5, "memo": "x"},\n'
        '  {"id": 7, "vendor": "Acme", "amount": 100000000000000000000, "memo": "x"}\n'
        "]\n"
    )
    good, *bad = read(text, "a.json")
    assert good == Transaction("1", "Acme", Decimal("0.1"), "x", 2)
    assert [(row.lines, row.problem) for row in bad if isinstance(row, BadRow)] == [
        ((3, 3), "amount 'NaN' is not a number such as 1200.50"),
        ((4, 4), "amount is true, not a text"),
        ((5, 5), "is not an object with id, vendor, amount, memo"),
        ((6, 8), "has no vendor"),
        ((9, 9), "names 'amount' twice"),
        ((10, 10), 'vendor is ["Acme"], not a text'),
        ((11, 11), "amount '100000000000000000000' is not a number such as 1200.50"),
    ]


def test_json_lines_are_set_aside_one_by_one_when_broken() -> None:
    """In a .jsonl file a broken line costs no other."""
    good, bad, after = read(
        '{"id": 1, "vendor": "Acme", "amount": 1, "memo": ""}\n{"id": 2,\n\n'
        '{"id": 3, "vendor": "Acme", "amount": 1, "memo": ""}\n',
        "a.jsonl",
    )
    assert isinstance(good, Transaction)
    assert isinstance(bad, BadRow)
    assert bad.lines == (2, 2)
    assert isinstance(after, Transaction)
    assert after.line == 4


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "", "line 1: no column 'id'"),
        ("a.csv", "id;vendor;amount;memo\n1;Acme;5;x\n", "found id;vendor;amount;memo"),
        ("a.csv", "id,vendor,amount,memo,memo\n", "the column 'memo' stands there twice"),
        ("a.csv", '"id,vendor\n', "line 1: unexpected end of data"),
        ("a.json", "", "line 1: expected a list"),
        ("a.json", '{"id": 1}', "line 1: expected a list"),
        ("a.json", '[\n{"id": 1},\n{"id": }]', "line 3: Expecting value"),
        ("a.json", '[{"id": 1}\n{"id": 2}]', "line 2: expected , or ]"),
        ("a.json", '[{"id": 1}', "expected , or ]"),
        ("a.json", "[] x", "something follows"),
        ("a.xlsx", "", "expected .csv, .json (a list) or .jsonl"),
    ],
)
def test_file_is_refused_when_it_is_wrong_as_a_whole(name: str, text: str, said: str) -> None:
    """The error names the file, the line where there is one, and what was expected."""
    with pytest.raises(ConfigError) as refused:
        list(read(text, name))
    assert name in str(refused.value)
    assert said in str(refused.value)


def test_file_without_rows_has_none_when_read() -> None:
    """A header alone and an empty list are files of no transactions."""
    assert list(read(HEADER, "a.csv")) == []
    assert list(read(" [ ] \n", "a.json")) == []


def test_random_transactions_repeat_when_the_seed_does() -> None:
    """A seed gives the same ones, another seed others."""
    assert list(random_transactions(50, 7)) == list(random_transactions(50, 7))
    assert list(random_transactions(50, 7)) != list(random_transactions(50, 8))
