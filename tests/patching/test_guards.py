"""A regression test calls one of the project's own, in its style, and counts."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pitstop.errors import PatchError
from pitstop.patching.guards import Watch, guard
from pitstop.patching.python import Source
from pitstop.verdicts import Metric


def guarded(
    text: str, test: str, metric: Metric = "statements", limit: int = 2, call: str = ""
) -> tuple[str, str]:
    """What the file becomes, and the name of the new test."""
    source = Source("tests/test_shop.py", dedent(text))
    change, name = guard(source, test, Watch(metric, call), limit, "There were 31 here.")
    assert change.before == source.text
    compile(change.after or "", "tests/test_shop.py", "exec")
    return change.after or "", name


def test_a_function_is_called_with_its_fixtures() -> None:
    after, name = guarded(
        """\
        import pytest
        from shop.main import app


        @pytest.mark.parametrize('rows', [3, 30])
        def test_orders(client, rows):
            assert client.get('/orders').json() == rows


        def test_tags(client):
            client.get('/tags')
        """,
        "test_orders",
    )
    assert name == "test_orders_statements"
    assert after == dedent(
        """\
        import pytest
        from shop.main import app
        from sqlalchemy import event
        from sqlalchemy.engine import Engine


        @pytest.mark.parametrize('rows', [3, 30])
        def test_orders(client, rows):
            assert client.get('/orders').json() == rows


        @pytest.mark.parametrize('rows', [3, 30])
        def test_orders_statements(client, rows):
            \"\"\"There were 31 here.\"\"\"
            sent = []

            def note(_connection, _cursor, statement, *_):
                sent.append(statement)

            event.listen(Engine, 'before_cursor_execute', note)
            try:
                test_orders(client, rows)
            finally:
                event.remove(Engine, 'before_cursor_execute', note)
            assert len(sent) <= 2


        def test_tags(client):
            client.get('/tags')
        """
    )


def test_a_coroutine_is_awaited_and_types_are_kept() -> None:
    after, name = guarded(
        """\
        from httpx import AsyncClient


        async def test_orders(client: AsyncClient) -> None:
            await client.get("/orders")
        """,
        "test_orders",
        "connects",
        1,
    )
    assert name == "test_orders_connects"
    assert after.endswith(
        dedent(
            """\
            async def test_orders_connects(client: AsyncClient) -> None:
                \"\"\"There were 31 here.\"\"\"
                sent: list[object] = []

                def note(*arguments: object) -> None:
                    sent.append(arguments)

                event.listen(Pool, "connect", note)
                try:
                    await test_orders(client)
                finally:
                    event.remove(Pool, "connect", note)
                assert len(sent) <= 1
            """
        )
    )
    assert "from sqlalchemy.pool import Pool\n" in after


def test_bytes_are_counted_as_they_leave_the_app() -> None:
    after, name = guarded(
        """\
        def test_orders(client):
            client.get('/orders')
        """,
        "test_orders",
        "bytes",
        5000,
    )
    assert name == "test_orders_bytes"
    assert after == dedent(
        """\
        from unittest import mock

        from starlette.applications import Starlette


        def test_orders(client):
            client.get('/orders')


        def test_orders_bytes(client):
            \"\"\"There were 31 here.\"\"\"
            sent = []
            call = Starlette.__call__

            async def note(app, scope, receive, send):
                async def listen(message):
                    sent.append(len(message.get('body', b'')))
                    await send(message)

                await call(app, scope, receive, listen)

            with mock.patch.object(Starlette, '__call__', note):
                test_orders(client)
            assert sum(sent) <= 5000
        """
    )


def test_bytes_are_counted_in_a_typed_test_too() -> None:
    after, _ = guarded(
        """\
        class TestOrders(TestCase):
            async def test_orders(self) -> None:
                await self.client.get("/orders")
        """,
        "TestOrders::test_orders",
        "bytes",
        5000,
    )
    assert "from starlette.types import Message, Receive, Scope, Send\n" in after
    assert "        sent: list[int] = []\n" in after
    head = "        async def note(\n            app: Starlette, scope: Scope, receive: Receive, send: Send\n        ) -> None:\n"
    assert f"{head}            async def listen(message: Message) -> None:\n" in after
    assert "            await self.test_orders()\n        self.assertLessEqual(sum(sent), 5000)\n" in after


def test_types_of_fixtures_alone_are_types_too() -> None:
    after, _ = guarded("def test_orders(client: Client):\n    client.get('/orders')\n", "test_orders")
    assert "def test_orders_statements(client: Client):\n" in after
    assert "    sent: list[object] = []\n\n    def note(*arguments: object) -> None:\n" in after


@pytest.mark.parametrize(
    ("base", "asserts"),
    [
        ("", "        assert len(sent) <= 2\n"),
        ("(unittest.TestCase)", "        self.assertLessEqual(len(sent), 2)\n"),
    ],
)
def test_a_method_stands_in_its_class(base: str, asserts: str) -> None:
    after, name = guarded(
        f"""\
        import unittest


        class TestOrders{base}:
            def test_orders(self):
                self.client.get("/orders")

            def test_orders_commits(self):
                self.client.post("/orders")


        event = "taken"
        """,
        "TestOrders::test_orders",
        "commits",
    )
    assert name == "TestOrders::test_orders_commits_2"
    assert asserts in after
    assert "        self.test_orders()\n" in after
    assert "    def test_orders_commits_2(self):\n" in after
    assert "from sqlalchemy import event as " in after


@pytest.mark.parametrize(
    ("text", "test", "reason"),
    [
        ("@mock.patch('x')\ndef test_a(x):\n    pass\n", "test_a", "decorator"),
        ("def test_a(client, deep=True):\n    pass\n", "test_a", "not fixtures alone"),
        ("def test_a(sent):\n    pass\n", "test_a", "a name that its twin would need"),
        ("from shared import test_a\n", "test_a", "does not have the test test_a itself"),
        ("class Base:\n    def test_a(self):\n        pass\n", "TestB::test_a", "does not have"),
    ],
)
def test_what_cannot_be_called_by_another_is_declined(text: str, test: str, reason: str) -> None:
    with pytest.raises(PatchError, match=reason):
        guarded(text, test)


def test_calls_that_the_event_loop_makes_are_counted() -> None:
    after, name = guarded(
        """\
        def test_quote(client):
            assert client.get("/quote").status_code == 200
        """,
        "test_quote",
        "blocked_ms",
        0,
        "time.sleep",
    )
    assert name == "test_quote_blocking"
    assert after == dedent(
        """\
        import asyncio
        import time
        from contextlib import suppress
        from unittest import mock


        def test_quote(client):
            assert client.get("/quote").status_code == 200


        def test_quote_blocking(client):
            \"\"\"There were 31 here.\"\"\"
            waited = []
            call = time.sleep

            def note(*arguments, **named):
                with suppress(RuntimeError):  # there is no loop in a thread
                    asyncio.get_running_loop()
                    waited.append(arguments)
                return call(*arguments, **named)

            with mock.patch.object(time, "sleep", note):
                test_quote(client)
            assert len(waited) <= 0
        """
    )


def test_a_method_is_watched_in_its_class() -> None:
    after, _ = guarded(
        """\
        import smtplib
        from unittest import TestCase


        class TestMail(TestCase):
            def test_mail(self) -> None:
                self.client.post("/mail")
        """,
        "TestMail::test_mail",
        "blocked_ms",
        0,
        "smtplib.SMTP.sendmail",
    )
    assert "        call = smtplib.SMTP.sendmail\n" in after
    assert '        with mock.patch.object(smtplib.SMTP, "sendmail", note):\n' in after
    assert "from unittest import TestCase, mock\n" in after
    assert "def note(*arguments: object, **named: object) -> object:" in after
    assert after.count("import smtplib") == 1


def test_a_fixture_with_a_name_that_the_counter_needs() -> None:
    with pytest.raises(PatchError, match="a fixture of the test test_quote"):
        guarded("def test_quote(client, call):\n    pass\n", "test_quote", "blocked_ms", 0, "time.sleep")


def test_clients_that_are_built_are_counted() -> None:
    after, name = guarded(
        """\
        async def test_zones(client):
            assert (await client.get("/zones")).json() == []
        """,
        "test_zones",
        "clients",
        1,
        "httpx.AsyncClient.__init__",
    )
    assert name == "test_zones_clients"
    assert after == dedent(
        """\
        from unittest import mock

        import httpx


        async def test_zones(client):
            assert (await client.get("/zones")).json() == []


        async def test_zones_clients(client):
            \"\"\"There were 31 here.\"\"\"
            built = []
            call = httpx.AsyncClient.__init__

            def note(*arguments, **named):
                built.append(arguments)
                return call(*arguments, **named)

            with mock.patch.object(httpx.AsyncClient, "__init__", note):
                await test_zones(client)
            assert len(built) <= 1
        """
    )
