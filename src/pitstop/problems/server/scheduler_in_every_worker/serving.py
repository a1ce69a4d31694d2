"""Which command serves which app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pitstop.project.deployment import CORES

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.deployment import Launch
    from pitstop.project.model import Module


def served_by(project: Project, launch: Launch, module: Module) -> bool:
    """Whether a command serves the app that a module belongs to."""
    folder = module.path.rpartition("/")[0]
    named = re.search(r"(?:^|\s)([A-Za-z_][\w.]*):\w+", launch.text)
    if named is not None:
        path = named[1].replace(".", "/")
        return any(
            _is_at(other.path, path) and _together(other.path, module.path) for other in _apps(project)
        )
    script = re.search(r"(?:^|\s|/)([\w./-]+\.py)(?=\s|$)", launch.text)
    if script is not None and "gunicorn" not in script[1]:
        path = script[1].lstrip("./").removesuffix(".py")
        return any(
            _is_at(other.path, path) and _together(other.path, module.path) for other in _apps(project)
        )
    if len({router.module.path.partition("/")[0] for router in project.routes.apps}) == 1:
        return True
    # Of several apps the one whose folder the file is in, or speaks of.
    top = folder.partition("/")[0]
    home = launch.path.rpartition("/")[0].partition("/")[0]
    return bool(top) and (
        home == top or bool(re.search(rf"\b{re.escape(top)}/", project.deployment.texts[launch.path]))
    )


def shown(launch: Launch) -> str:
    """The file of a command with the number of its processes."""
    return f"{launch.path} ({'one for each core' if launch.workers >= CORES else launch.workers})"


def _apps(project: Project) -> list[Module]:
    return [router.module for router in project.routes.apps]


def _is_at(path: str, named: str) -> bool:
    own = path.removesuffix(".py").removesuffix("/__init__")
    return own == named or own.endswith(f"/{named}")


def _together(app: str, other: str) -> bool:
    """Whether two files lie in one package or in folders below one another."""
    folder = app.rpartition("/")[0]
    top = folder.partition("/")[0]
    return other.startswith(f"{folder}/" if folder else "") or (bool(top) and other.startswith(f"{top}/"))
