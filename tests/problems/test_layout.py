"""Inserted statements look as ruff would have written them; ruff itself is the judge."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from pitstop.patching.python import Source
from pitstop.problems.editing import open_source
from pitstop.problems.layout import lay_out, one_line, settle
from pitstop.project import read

from .trees import service, write

STATEMENTS = [
    "counts = {key: count for key, count in await session.execute(select(Item.order_id, func.count()).group_by(Item.order_id))}",
    "return list(session.scalars(select(Shipment).options(joinedload(Shipment.order)).order_by(Shipment.id).limit(limit)))",
    "orders = session.scalars(select(Order).options(selectinload(Order.items)).order_by(Order.created_at.desc())).all()",
    'response = await run_in_threadpool(httpx.get, f"{rates_url}/exchange/{currency}", timeout=5.0, headers={"x": "y"})',
    "users = db.query(User).options(joinedload(User.address)).filter(User.active, User.name == name).order_by(User.id).all()",
    "rows = (await session.execute(select(Order).where(Order.id == order_id, Order.user_id == some_user))).scalars().all()",
    "value = some_function_name(argument_one, argument_two) if some_condition_holds(here) else another_one(argument)",
    "return some_function_name(argument_one, argument_two) and some_condition_holds(here) and another_one(argument)",
    'op.create_index(op.f("ix_shipment_events_tracking_number_and_more"), "shipment_events", ["tracking_number"])',
    'owner_id: Mapped[int] = mapped_column(ForeignKey("a_long_table_name.id", ondelete="CASCADE"), nullable=False)',
    "statement = select(Order).where(Order.id == order_id, Order.user_id == user_id_of_someone_else_or_so, Order.x == 3)",
    'response = await client.post(f"{rates_url}/exchange", json={"currency": currency, "day": the_day_of_the_order})',
    'return (await client.get(f"{rates_url}/exchange/{currency}", params={"day": the_day_of_the_order})).json()["rate"]',
    'rate = (await run_in_threadpool(requests.get, f"{rates_url}/exchange/{currency}", timeout=3.5)).json()["rate"]["eur"]',
    "answer.body = (await run_in_threadpool(requests.get, rates_url, timeout=3.5)).headers.get(the_name_of_the_header, None)",
    "names = [the_first_name_of_somebody, the_second_name_of_somebody, the_third_name_of_somebody, and_the_last_name_x]",
]
CONDITIONS = [
    'if (await run_in_threadpool(rates.of, currency, the_rate_that_was_there_yesterday, and_one_more)).json()["known"]:',
    "if not await run_in_threadpool(verify_password, plain=form.password, hashed=the_user_that_was_found.password_hash):",
    "if await run_in_threadpool(verify_password, form.password, user.password_hash) and not user.is_disabled_for_good:",
    "while await run_in_threadpool(fetch_the_next_page, of=the_catalogue_of_this_shop, after=last_seen) is not None:",
    "if await run_in_threadpool(rates.of, currency) not in (None, the_rate_that_was_there_yesterday, and_one_more):",
]


def by_ruff(lines: Iterable[str], length: int) -> list[str]:
    """The lines of a coroutine's body as ruff would have them."""
    text = "async def f():\n" + "".join(f"    {line}\n" for line in lines)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(length), "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[1:]


@pytest.mark.parametrize("length", [60, 88, 110])
def test_as_ruff_lays_it_out(length: int) -> None:
    mine = [line for statement in STATEMENTS for line in lay_out(statement, "    ", "    ", length)]
    assert mine == by_ruff(STATEMENTS, length)


@pytest.mark.parametrize("length", [60, 88, 110])
def test_conditions_as_ruff_lays_them_out(length: int) -> None:
    ruff = by_ruff((f"{condition}\n        pass" for condition in CONDITIONS), length)
    mine = [line for condition in CONDITIONS for line in lay_out(condition, "    ", "    ", length)]
    assert mine == [line for line in ruff if line.strip() != "pass"]


def test_a_condition_that_became_too_long_is_broken_and_its_body_stays() -> None:
    text = (
        "if not verify_password(\n    plain_password=form.password, hashed_password=user.password_hash_x\n):\n"
        "    raise Wrong(form, user)  # for both\nelif  other: pass\n"
    )
    source = Source("x.py", text, 70)
    at = text.index("verify_password(")
    end = text.index("plain_password")
    change = settle(source, [source.edit(at, end, "await run(\n    verify_password, ")])
    assert change.after == (
        "if not await run(\n    verify_password,\n    plain_password=form.password,\n"
        "    hashed_password=user.password_hash_x,\n):\n"
        "    raise Wrong(form, user)  # for both\nelif  other: pass\n"
    )


@pytest.mark.parametrize(
    "text", ["x = f(  # why\n    1\n)", 'x = """a\nb"""', "x = sorted(a, key=lambda b: b)"]
)
def test_what_has_rules_of_its_own_is_not_put_on_one_line(text: str) -> None:
    assert one_line(text) is None


def test_a_statement_in_another_style_keeps_it() -> None:
    text = "rows = session.scalars(select(Order)\n                       .order_by(Order.id))\n"
    source = Source("x.py", text)
    at = text.index(".order_by")
    after = settle(source, [source.edit(at, at, ".limit(5)")]).after
    assert (
        after
        == "rows = session.scalars(select(Order)\n                       .limit(5).order_by(Order.id))\n"
    )


def test_another_style_of_one_statement_is_not_that_of_the_others() -> None:
    odd = "rows = session.scalars(select(Order)\n                       .order_by(Order.id))\n"
    text = f"{odd}total = add_them_up(rows, currency_of_the_order)\n"
    source = Source("x.py", text, 60)
    edits = [
        source.edit(text.index(".order_by"), text.index(".order_by"), ".limit(5)"),
        source.edit(len(text) - 2, len(text) - 2, ", rounded=True"),
    ]
    assert settle(source, edits).after == odd.replace(".order_by", ".limit(5).order_by") + (
        "total = add_them_up(\n    rows, currency_of_the_order, rounded=True\n)\n"
    )


def test_a_trailing_comma_keeps_its_lines() -> None:
    text = "call(\n    first,\n    second,\n)\n"
    source = Source("x.py", text)
    at = text.index("second")
    after = settle(source, [source.edit(at, at + 6, "other")]).after
    assert after == "call(\n    first,\n    other,\n)\n"


def test_statements_that_are_broken_earlier_than_the_longest_lines_stay_so() -> None:
    text = "found = session.exec(\n    select(ProviderImage).where(ProviderImage.tenant_id == tenant_id_of_user)\n).all()\n"
    source = Source("a.py", text, 120)
    at = text.index(".where")
    change = settle(source, [source.edit(at, at, ".options(defer(ProviderImage.image))")])
    assert change.after == (
        "found = session.exec(\n"
        "    select(ProviderImage)\n"
        "    .options(defer(ProviderImage.image))\n"
        "    .where(ProviderImage.tenant_id == tenant_id_of_user)\n"
        ").all()\n"
    )


@pytest.mark.parametrize(("settings", "length"), [("[tool.ruff]\nline-length = 88\n", 88), ("", 120)])
def test_what_the_settings_say_goes_before_what_the_code_does(
    settings: str, length: int, tmp_path: Path
) -> None:
    write(tmp_path, service(f"names = [{', '.join('name' for _ in range(18))}]\n" * 5))
    (tmp_path / "pyproject.toml").write_text(settings)
    assert open_source(read(tmp_path, cache=False), "app/main.py").line_length == length
