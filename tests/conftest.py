"""Fixtures for all rooms."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import PostgreSQL, mongodb, postgresql, valkey, valkey_cluster

# How fast an example is says something of the machine only, which others may be busy on.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


SOON = 0.7
"""The part of a run in which all groups begin."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups begin soon, but not together: each is run by one process, and one that came last would be waited for.

    They wait for services more than other tests do, so that some of those beside each keep the processors busy.
    """
    groups: dict[str, list[pytest.Item]] = {}
    others: list[pytest.Item] = []
    for item in items:
        marker = item.get_closest_marker("xdist_group")
        (others if marker is None else groups.setdefault(str(marker.args or marker.kwargs), [])).append(item)
    beside = int(SOON * len(others) / max(1, len(groups)))
    items.clear()
    for number, group in enumerate(groups.values()):
        items += [*group, *others[number * beside : (number + 1) * beside]]
    items += others[len(groups) * beside :]


@pytest.fixture(scope="session", autouse=True)
def no_plugins_of_ours() -> None:
    """Suites of services run without the plugins that ours needs: to load them takes as long as all else of a small suite."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgreSQL]:
    """One PostgreSQL server for each test process, started when first asked for."""
    with postgresql() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgreSQL) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database."""
    with postgres_server.fresh() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of one Redis server for each test process, whose keys the tests share."""
    with valkey() as url:
        yield url


@pytest.fixture(scope="session")
def mongodb_url() -> Iterator[str]:
    """The URL of one server with MongoDB's protocol for each test process, whose collections the tests share."""
    with mongodb() as url:
        yield url


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """The URL of a cluster of one node for each test process, whose keys the tests share."""
    with valkey_cluster() as url:
        yield url
