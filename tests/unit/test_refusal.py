"""The refusals of services as one plain line: no JSON, no page of a proxy, no line break reaches a person."""

import json
import random

import pytest

from python_models.fitting import refusal

PROBLEMS = [{"table": "at_risk", "column": "user_id", "row": 1241, "problem": "this key occurs in an earlier row"},
            {"table": "params", "column": "k", "row": None, "problem": "must be a number"}]


def body(code, message, detail=None):
    return json.dumps({"error": {"code": code, "message": message, "detail": detail}})


@pytest.mark.parametrize(("answer", "code", "line"), [
    (body("NOT_ESTIMABLE", "too few returns", {"n_returns": 12, "needed": 50}), "NOT_ESTIMABLE",
     "too few returns (n_returns 12, needed 50)."),
    (body("NOT_ESTIMABLE", "No series.", {"n_series": 1234567, "reasons": ["a", "b"]}), "NOT_ESTIMABLE",
     "No series (n_series 1,234,567, reasons a, b)."),
    (body("INVALID_INPUT", "2 problems.", {"n_problems": 1204, "n_listed": 2, "problems": PROBLEMS}), "INVALID_INPUT",
     "2 problems (table at_risk column user_id row 1241: this key occurs in an earlier row; "
     "table params column k: must be a number; and 1,202 more)."),
    (body("TOO_LARGE", "too long", {"max_body_bytes": 1e9}), "TOO_LARGE", "too long (max_body_bytes 1,000,000,000)."),
    (body("SERVER_ERROR", "it broke\nat line 3\n  of x.R"), "SERVER_ERROR", "it broke at line 3 of x.R"),
    (body("SERVER_ERROR", ["a", {"b": None, "c": True}]), "SERVER_ERROR", "a, c yes"),
    ('{"error": "no"}', "502", "no"), ('{"detail": "not found"}', "502", "detail not found"),
    ("[]", "502", "no reason"),
    ('{"error": {}}', "502", "no reason"), ("", "502", "no reason"), ("null", "502", "nothing"),
    ("<html><style>a{b}</style><body><h1>502 Bad\nGateway</h1></body></html>", "502", "502 Bad Gateway"),
])
def test_every_kind_of_refusal_is_one_line(answer, code, line):
    assert refusal.read(answer.encode(), 502) == (code, line)


def test_bytes_that_are_no_text_are_one_line_all_the_same():
    assert refusal.read(b"\xff\xfe\x00", 500)[0] == "500"


def value(chance, depth):
    if depth == 0:
        return chance.choice([None, True, 3, 2.5, 1e9, "a\nb", "", "long " * 300])
    if chance.random() < 0.5:
        return [value(chance, depth - 1) for _ in range(chance.randint(0, 9))]
    return {f"name_{n}": value(chance, depth - 1) for n in range(chance.randint(0, 9))}


def test_no_detail_shows_json_or_more_than_a_line():
    chance = random.Random(3)
    for _ in range(300):
        document = chance.choice([lambda: body("X", "said", value(chance, 3)), lambda: json.dumps(value(chance, 3)),
                                  lambda: json.dumps({"error": value(chance, 3)})])()
        code, line = refusal.read(document.encode(), 422)
        assert "\n" not in line and len(line) <= refusal.LONGEST and line
        assert not set('{}[]"') & set(code + line), line
