"""Whether a name of `effects.toml` means something in the library that is installed here."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import typing
import warnings
from types import ModuleType
from typing import Any, Literal

Answer = Literal["there", "by name", "missing", "not installed"]
"""`by name`: the way there is made at run time or not annotated, but a class of the package has a member of that name."""


class _UnclearError(Exception):
    """What stands there is made at run time, or not annotated."""


def answer(name: str) -> Answer:
    """Looks a canonical name up: modules, members, what properties and calls are annotated to give."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = name.split(".")
        try:
            found: Any = importlib.import_module(parts[0])
        except ImportError:
            return "not installed"
        try:
            for part in parts[1:]:
                found = _after(found, part)
        except ImportError:
            return "not installed"
        except AttributeError:
            return "missing"
        except _UnclearError:
            return "by name" if _some_class_has(parts[0], parts[-1]) else "missing"
        return "there"


def _after(found: Any, part: str) -> Any:
    """What a part of a name leads to; of an instance its class."""
    if "*" in part:
        raise _UnclearError
    found = _member(found, part.removesuffix("()").removesuffix("[]"))
    if part.endswith("()"):
        return found if isinstance(found, type) else _promised(found, "return")
    if part.endswith("[]"):
        return _promised(getattr(found, "__getitem__", None), "return")
    return found


def _member(found: Any, name: str) -> Any:
    static = inspect.getattr_static(found, name, None)
    if isinstance(static, property):
        return _promised(static.fget, "return")
    if isinstance(static, functools.cached_property):
        return _promised(static.func, "return")
    if hasattr(found, name):
        return getattr(found, name)
    if isinstance(found, ModuleType):
        return _inner_module(found, name)
    if isinstance(found, type):
        for home in found.__mro__:
            if name in inspect.get_annotations(home):
                return _promised(home, name)
        if hasattr(found, "__getattr__") or any(_assigns(home, name) for home in found.__mro__[:-1]):
            raise _UnclearError
    raise AttributeError(name)


def _inner_module(module: ModuleType, name: str) -> ModuleType:
    full = f"{module.__name__}.{name}"
    try:
        return importlib.import_module(full)
    except ModuleNotFoundError as error:
        if error.name == full and getattr(module, "__file__", None):
            raise AttributeError(name) from error
        # Another distribution of the same namespace, or what it needs besides.
        raise


def _assigns(cls: type, name: str) -> bool:
    """Whether a class may give its instances an attribute of that name; one without source may."""
    try:
        return f"self.{name}" in inspect.getsource(cls)
    except (OSError, TypeError):
        return True


def _promised(found: Any, name: str) -> Any:
    """The class that an annotation of a function or a class names."""
    try:
        promised = typing.get_type_hints(found)[name]
    except (AttributeError, KeyError, NameError, SyntaxError, TypeError) as error:
        raise _UnclearError from error
    arguments = [
        each for each in typing.get_args(promised) if isinstance(each, type) and each is not type(None)
    ]
    if typing.get_origin(promised) is typing.Union and len(arguments) == 1:
        return arguments[0]
    promised = typing.get_origin(promised) or promised
    if not isinstance(promised, type) or promised.__module__ in {"builtins", "typing", "contextlib"}:
        raise _UnclearError
    return promised


def _some_class_has(package: str, last: str) -> bool:
    if last == "*":
        return True
    modules = [m for n, m in list(sys.modules.items()) if n == package or n.startswith(f"{package}.")]
    homes = [each for m in modules for each in (m, *vars(m).values()) if isinstance(each, (type, ModuleType))]
    return any(_has(home, last.removesuffix("()").removesuffix("[]")) for home in homes)


def _has(home: object, name: str) -> bool:
    try:
        return inspect.getattr_static(home, name, None) is not None
    except (AttributeError, TypeError):
        return False
