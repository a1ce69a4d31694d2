"""What is written for people matches what the command line offers."""

from __future__ import annotations

import re

import msgspec
import pytest

import pitstop
from pitstop import options, verbs
from pitstop.settings import COMMAND_LINE_ONLY, Settings
from pytest_pitstop.plugin import OPTION

from .tree import ROOT

README = (ROOT / "README.md").read_text("utf-8")
USING = (ROOT / "docs" / "using.md").read_text("utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_verb_of_the_command_line_has_its_function() -> None:
    assert set(verbs.BY_NAME) == set(options.VERBS)


@pytest.mark.parametrize("verb", options.VERBS)
def test_a_verb_is_in_readme_and_changelog(verb: str) -> None:
    for name, text in (("README.md", README), ("CHANGELOG.md", CHANGELOG)):
        assert f"`pitstop {verb}" in text, f"{name} does not mention `pitstop {verb}`"


def test_no_verb_is_named_that_is_not_offered() -> None:
    for text in (README, USING):
        assert set(re.findall(r"pitstop ([a-z]+)\b(?= [A-Z\[]|`| examples)", text)) <= set(options.VERBS)


@pytest.mark.parametrize("option", sorted(
    {option for parser in options._parser()[1].values() for option in parser._option_string_actions if "--" in option}
    - {"--help"}
))  # fmt: skip
def test_every_option_has_help(option: str) -> None:
    actions = [
        parser._option_string_actions[option]
        for parser in options._parser()[1].values()
        if option in parser._option_string_actions
    ]
    assert all(action.help for action in actions)


def test_no_option_is_named_that_is_not_offered() -> None:
    offered = {option for parser in options._parser()[1].values() for option in parser._option_string_actions}
    named = {
        option
        for line in re.findall(r"`[^`\n]*`", README + USING)
        if "pitstop" in line or line.startswith("`--")
        for option in re.findall(r"(?<!\S)`?(--[a-z][a-z-]*)", line)
    }
    assert named
    assert named <= offered | {"--version", OPTION}


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_a_setting_is_documented(field: msgspec.structs.FieldInfo) -> None:
    option = "--" + field.name.replace("_", "-")
    name = option if field.name in COMMAND_LINE_ONLY else f"`{field.encode_name}`"
    assert name in USING, f"docs/using.md does not document the setting {name}"


@pytest.mark.parametrize("code", ["0", "1", "2", "3", "4", "130"])
def test_an_exit_code_is_documented_and_in_the_help(code: str) -> None:
    assert re.search(rf"^\| {code} \|", USING, re.MULTILINE)
    assert re.search(rf"^  {code}  ", options.EXIT_CODES, re.MULTILINE)


def test_the_changelog_has_this_version() -> None:
    assert f"## [{pitstop.__version__}]" in CHANGELOG


def test_the_readme_gives_the_two_commands() -> None:
    assert ".venv/bin/pitstop tune examples/shop" in README
    assert re.search(r"^\./check$", README, re.MULTILINE)
