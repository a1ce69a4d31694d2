"""What is known of other packages: the table itself, how names are looked up in it, and whether its names exist."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from pitstop.project import library

from .installed import answer
from .look_up import NOTES, digest, names
from .trees import found, service

TABLE = library.table()
NAMES = [name for row in TABLE.effect if not (row.gone or row.dynamic) for name in row.every]
SPELLINGS = [each.name for each in TABLE.spelling] + [
    other for each in TABLE.spelling if not each.dynamic for other in each.also
]
CATEGORIES = {
    "blocks": {"sleep", "http", "llm", "network", "subprocess", "database", "cache", "file", "cpu"},
    "waits": {"http", "llm", "network", "database", "cache"},
    "builds-client": {"http", "service", "redis"},
    "computes": {
        f"{what}, {how}"
        for what in ("image", "document", "model", "key", "archive", "table")
        for how in ("heavy", "grows")
    },
    "offloads": {""},
    "runs-sync": {""},
    "defers": {""},
}
NAME = re.compile(r"(?:[A-Za-z_]\w*|\*\*?)(?:\(\)|\[\])?(?:\.(?:[A-Za-z_]\w*(?:\(\)|\[\])?|\*\*?))+")


# --- the form ----------------------------------------------------------------------------------------------------------


def test_every_row_has_a_source_and_a_category_that_is_told_of() -> None:
    wrong = [row for row in TABLE.effect if row.category not in CATEGORIES[row.kind] or len(row.source) < 8]
    assert wrong == []


def test_every_row_names_something_and_methods_only_with_types() -> None:
    assert [row for row in TABLE.effect if not list(row.every) or bool(row.types) != bool(row.methods)] == []
    assert [row for row in TABLE.effect if row.but and "*" not in row.methods] == []


def test_names_are_dotted_and_well_formed() -> None:
    names = [name for row in TABLE.effect for name in (*row.every, row.twin) if name]
    assert [name for name in [*names, *SPELLINGS] if not NAME.fullmatch(name)] == []


def test_no_name_is_told_of_twice_by_rows_of_one_kind() -> None:
    """A class may be built by one row and called by none; two rows for one name would hide each other."""
    count = Counter(library.spelled(name) for row in TABLE.effect for name in row.every)
    assert [name for name, times in count.items() if times > 1] == []


def test_a_spelling_is_given_once_and_leads_to_the_class_in_one_step() -> None:
    count = Counter(other for each in TABLE.spelling for other in each.also)
    assert [name for name, times in count.items() if times > 1] == []
    assert [each.name for each in TABLE.spelling if library.spelled(each.name) != each.name] == []


def test_each_spelling_is_of_something_that_a_row_names() -> None:
    """Or of what leads on to it: a connection whose cursors are listed."""
    rows = [library.spelled(name) for row in TABLE.effect for name in row.every]
    leads = [other for each in TABLE.spelling for other in each.also]
    unused = [
        each.name
        for each in TABLE.spelling
        if not any(
            name == each.name or name.startswith((f"{each.name}.", f"{each.name}["))
            for name in (*rows, *leads)
        )
    ]
    assert unused == []


# --- the names exist ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in NAMES if answer(library.spelled(n)) != "not installed"])
def test_a_name_of_an_installed_library_exists(name: str) -> None:
    assert answer(library.spelled(name)) in {"there", "by name"}


def test_spellings_and_twins_of_installed_libraries_exist() -> None:
    twins = {row.twin for row in TABLE.effect if row.twin}
    assert [name for name in (*SPELLINGS, *sorted(twins)) if answer(name) == "missing"] == []


def test_what_a_star_does_not_mean_exists() -> None:
    names = [
        f"{home}.{but}" for row in TABLE.effect if not row.dynamic for home in row.types for but in row.but
    ]
    assert [name for name in names if answer(name) == "missing"] == []


@pytest.mark.parametrize(
    "name",
    [
        "requests.gett",
        "requests.Session.gett",
        "requests.Sesion.get",
        "httpx.Client.strem",
        "psycopg.Connection.cursor().exekute",
        "sqlite3.Connection.exekute",
        "smtplib.SMTP.send_mesage",
        "urllib.reqest.urlopen",
        "pathlib.Path.read_txt",
    ],
)
def test_a_misspelt_name_of_an_installed_library_is_noticed(name: str) -> None:
    assert answer(name) == "missing"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("requests.Session.get", "there"),
        ("psycopg.Connection.cursor().execute", "by name"),
        ("aiosqlite.connect", "there"),
        ("sqlite3.connect().execute", "by name"),
        ("no_such_library.get", "not installed"),
    ],
)
def test_how_sure_a_name_is(name: str, expected: str) -> None:
    assert answer(name) == expected


def test_enough_of_the_table_is_looked_up_here() -> None:
    there = Counter(answer(library.spelled(name)) for name in NAMES)
    assert there["there"] > 180


BY_DOCUMENTATION = {
    "MySQLdb", "camelot", "cx_Oracle", "docling", "easyocr", "fastembed", "faster_whisper", "ldap", "markitdown", "pyodbc",
    "sentence_transformers", "spacy", "tabula", "transformers", "unstructured", "weasyprint", "whisper",
}  # fmt: skip
"""Packages that need a compiler, a driver or gigabytes: nobody has looked their names up but in their documentation."""


def test_the_names_of_all_other_libraries_were_looked_up_as_they_are_now() -> None:
    """With `tests/project/look_up.py`, where the libraries are installed."""
    notes = tomllib.loads(NOTES.read_text("utf-8"))
    now = {package: digest(each) for package, each in names().items() if package not in BY_DOCUMENTATION}
    assert {package: notes.get(package, "").partition(" ")[0] for package in now} == now


# --- looking up --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "category"),
    [
        ("boto3.client().upload_file", "blocks", "http"),
        ("boto3.Session.client().get_object", "blocks", "http"),
        ("boto3.session.Session.client().get_object", "blocks", "http"),
        ("boto3.resource().Table.put_item", "blocks", "http"),
        ("boto3.resource().meta.client.copy", "blocks", "http"),
        ("psycopg2.connect().cursor().execute", "blocks", "database"),
        ("openai.OpenAI.with_options().chat.completions.create", "blocks", "llm"),
        ("openai.Image.create", "blocks", "llm"),
        ("redis.StrictRedis.get", "blocks", "cache"),
        ("redis.StrictRedis", "builds-client", "redis"),
        ("redis.asyncio.from_url().get", "waits", "cache"),
        ("pymongo.MongoClient.shop.orders.find_one", "blocks", "database"),
        ("pymongo.database.Database[].find_one", "blocks", "database"),
        ("googleapiclient.discovery.build().users().messages().list().execute", "blocks", "http"),
        ("slack_sdk.WebClient.chat_postMessage", "blocks", "http"),
        ("kubernetes.client.CoreV1Api.list_pod_for_all_namespaces", "blocks", "http"),
    ],
)
def test_a_name_is_found(name: str, kind: str, category: str) -> None:
    found = library.known(name)
    assert found is not None
    assert (found.kind, found.category) == (kind, category)


@pytest.mark.parametrize(
    "name",
    [
        "boto3.client().generate_presigned_url",
        "boto3.client().exceptions",
        "boto3.client().exceptions.ClientError",
        "boto3.client().get_paginator",
        "boto3.resource().Bucket",
        "boto3.client()",
        "kubernetes.client.CoreV1Api",
        "kubernetes.client.V1Pod",
        "slack_sdk.WebClient.validate_slack_signature",
        "stripe.Webhook.construct_event",
        "psycopg2.connect().cursor",
        "psycopg2.connect().cursor().fetchone",
        "pymongo.MongoClient.shop.orders.find",
        "openai.OpenAI.chat",
        "google.cloud.storage.Client.bucket",
        "redis.Redis.pipeline",
        "googleapiclient.discovery.build().users",
        "requests.Session.headers",
        "",
    ],
)
def test_what_only_builds_an_object_is_not_known(name: str) -> None:
    assert library.known(name) is None


def test_a_subscript_gives_what_the_table_says() -> None:
    assert library.item("pymongo.MongoClient") == "pymongo.database.Database"
    assert library.item("pymongo.database.Database") == "pymongo.collection.Collection"
    assert library.item("builtins.dict") == ""


# --- in a service ------------------------------------------------------------------------------------------------------


def test_a_cursor_is_known_through_a_class_that_has_none_yet(tmp_path: Path) -> None:
    project = service(
        tmp_path,
        {
            "app.py": """
            import psycopg2
            from fastapi import FastAPI

            app = FastAPI()

            class Ledger:
                connection = None
                cursor = None

                def __init__(self):
                    self.connection = psycopg2.connect("dbname=ledger")

                def __enter__(self):
                    self.cursor = self.connection.cursor()
                    return self.cursor

                def __exit__(self, *args):
                    self.connection.commit()

            def balance(account):
                with Ledger() as rows:
                    rows.execute("select sum(amount) from entries where account = %s", (account,))
                    return rows.fetchone()

            @app.get("/accounts/{account}")
            async def read(account: int):
                return {"balance": balance(account)}
            """
        },
    )
    messages = [finding.message for finding in found(project, "blocking-call-transitive")]
    assert len(messages) == 1
    assert "waits for the database" in messages[0]


def test_an_item_of_a_client_is_a_database_and_an_item_of_that_a_collection(tmp_path: Path) -> None:
    project = service(
        tmp_path,
        {
            "app.py": """
            import pymongo
            from fastapi import FastAPI

            app = FastAPI()
            notes = pymongo.MongoClient()["desk"]["notes"]

            @app.get("/notes/{title}")
            async def read(title: str):
                return notes.find_one({"title": title})
            """
        },
    )
    assert [finding.location.line for finding in found(project, "blocking-call-in-async")] == [10]


def test_what_is_iterated_or_entered_asynchronously_blocks_nothing(tmp_path: Path) -> None:
    """The annotation says a client of boto3, and the client is one of aioboto3."""
    project = service(
        tmp_path,
        {
            "app.py": """
            from fastapi import FastAPI
            from types_boto3_s3.client import S3Client

            app = FastAPI()

            @app.get("/files")
            async def files(client: S3Client):
                names = []
                async for page in client.get_paginator("list_objects_v2").paginate(Bucket="photos"):
                    names += [each["Key"] for each in page["Contents"]]
                async with client.open() as stream:
                    names.append(stream)
                return names + [page async for page in client.list_pages()]
            """
        },
    )
    assert found(project, "blocking-call-in-async") == []


def test_a_cache_that_is_waited_for_opens_no_fan_out_to_servers(tmp_path: Path) -> None:
    project = service(
        tmp_path,
        {
            "app.py": """
            import asyncio

            from fastapi import FastAPI
            from redis.asyncio import Redis

            app = FastAPI()
            cache = Redis()

            @app.post("/seen")
            async def seen(names: list[str]):
                for name in names:
                    await cache.set(name, "1")
                return await asyncio.gather(*[cache.get(name) for name in names])
            """
        },
    )
    (wait, _) = [
        s.known for f in project.functions for s in project.calls.sinks(f) if s.known.kind == "waits"
    ]
    assert wait.category == "cache"
    for problem in ("await-in-loop", "unbounded-gather"):
        assert found(project, problem) == []
