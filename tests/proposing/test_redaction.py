"""No secret is shown, and each is put back where it stood."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop.errors import PatchError
from pitstop.proposing.redaction import Redactor, is_secret_name


def shown(text: str, redactor: Redactor | None = None) -> str:
    text = dedent(text)
    redactor = redactor or Redactor()
    (code,) = redactor.code(text, [(1, text.count("\n") + 1)])
    assert redactor.restore(code) == text
    return code


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('SECRET_KEY = "hunter2"', "hunter2"),
        ('settings.apiKey: str = "hunter2"', "hunter2"),
        ('key = os.environ.get("SECRET_KEY", "hunter2")', "hunter2"),
        ('TOKENS = {"ann": "hunter2"}', "hunter2"),
        ('client = Client(password="hunter2")', "hunter2"),
        ('def login(token="hunter2"): ...', "hunter2"),
        ('def login(*, token="hunter2"): ...', "hunter2"),
        ('h = {"X-Api-Key": "hunter2"}', "hunter2"),
        ('ok = request.headers["authorization"] == "hunter2"', "hunter2"),
        ('jwt.encode(payload, "hunter2", algorithm="HS256")', "hunter2"),
        ('def secret():\n    return "hunter2"', "hunter2"),
        ('x = f"{connect(password=\'hunter2\')}"', "hunter2"),
        ('SECRET = b"hunter2"', "hunter2"),
        ('SECRET = """first\nhunter2\n"""', "hunter2"),
        ('url = "postgresql://ann:hunter2@db/shop"', "hunter2"),
        ('url = f"postgresql://ann:hunter2@{host}/shop"', "hunter2"),
        ("x = 1  # password: hunter2", "hunter2"),
        ('def f():\n    """Log in with the password: hunter2"""', "hunter2"),
        ('x = "sk-proj-abcdefghijklmnop0123"', "abcdefghijklmnop"),
        ('x = "ghp_abcdefghijklmnopqrstuvwxyz0123"', "abcdefghijklm"),
        ('x = "AKIAABCDEFGHIJKLMNOP"', "ABCDEFGHIJ"),
        ('x = "aB3dE5gH7jK9mN1pQ3rS5tU7"', "aB3dE5g"),
        ('x = "0123456789abcdef0123456789abcdef"', "0123456789abcdef"),
        ('x = "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc"', "eyJzdWIi"),
        ('x = "-----BEGIN RSA PRIVATE KEY-----\\nabc\\n"', "BEGIN RSA"),
    ],
)  # fmt: skip
def test_a_secret_is_taken_out_and_put_back(line: str, secret: str) -> None:
    code = shown(line)
    assert secret not in code
    assert "REDACTED_1" in code


@pytest.mark.parametrize(
    "line",
    [
        'author = "Ann"',
        'path = "/api/v1/users/{user_id}/orders"',
        'sql = "SELECT id, name FROM orders WHERE customer_id = :customer"',
        'name = "idx_orders_customer_id_2024_created"',
        'detail = "Order not found"',
        'model = "app.models.customers.CustomerAddress"',
        "limit = 100  # at most a page",
    ],
)
def test_what_is_no_secret_is_shown_as_it_is(line: str) -> None:
    assert shown(line) == line


def test_values_of_the_settings_are_secrets_wherever_they_stand() -> None:
    redactor = Redactor(["letmein42", "on"])
    assert (
        shown('greeting = "say letmein42"\nmode = "on"', redactor) == 'greeting = "REDACTED_1"\nmode = "on"'
    )
    assert "letmein42" not in redactor.text("`f` compares with letmein42")


def test_what_one_file_calls_a_secret_is_none_of_anothers_business() -> None:
    redactor = Redactor()
    redactor.learn('API_KEY = "hunter2-x"')
    assert "hunter2-x" not in shown('if given == "hunter2-x": ...', redactor)


def test_of_a_part_only_the_part_is_shown_and_nothing_of_a_literal_it_cuts() -> None:
    text = 'a = 1\nSECRET = """\nhunter2\n"""\nb = 2\n'
    redactor = Redactor()
    assert redactor.code(text, [(1, 1), (5, 5)]) == ["a = 1", "b = 2"]
    assert "hunter2" not in "".join(redactor.code(text, [(3, 5)]))


def test_the_same_secret_has_the_same_mark() -> None:
    assert shown('PASSWORD = "hunter2"\nTOKEN = "hunter2"') == 'PASSWORD = "REDACTED_1"\nTOKEN = "REDACTED_1"'


def test_a_mark_may_be_quoted_otherwise_but_not_be_used_within_a_text() -> None:
    redactor = Redactor()
    shown('TOKEN = "hunter2"', redactor)
    assert redactor.restore("x = 'REDACTED_1'") == 'x = "hunter2"'
    for text in ('x = f"Bearer REDACTED_1"', 'x = "REDACTED_2"', 'x = "REDACTED_12"'):
        with pytest.raises(PatchError, match="stands for a literal"):
            redactor.restore(text)


def test_code_that_does_not_parse_is_not_shown() -> None:
    with pytest.raises(PatchError, match="looked through for secrets"):
        Redactor().code("def f(:\n", [(1, 1)])


@pytest.mark.parametrize(
    "name", ["db_password", "apiKey", "API_KEY", "accessToken", "DATABASE_URL", "x-api-key"]
)
def test_a_name_says_that_it_is_a_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["author", "tokenizer", "keys", "url", "primary_key", ""])
def test_a_name_does_not(name: str) -> None:
    assert not is_secret_name(name)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1),
    st.text("äb \t'\"#€", max_size=9),
)
def test_what_is_taken_out_comes_back_whatever_it_is(secret: str, other: str) -> None:
    text = f"# {other}\nname = {other!r}\nPASSWORD = {secret!r}\nafter = {other!r}"
    redactor = Redactor()
    (code,) = redactor.code(text, [(1, 4)])
    assert redactor.restore(code) == text
    assert repr(secret) not in code.splitlines()[2]
