"""Walls that import contracts cannot say."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "dangol"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if not {"tests", "migrations"} & set(path.parts)]


def _room(path: Path) -> str:
    return ".".join(("dangol", *path.relative_to(PACKAGE).parent.parts))


def _imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_models_are_imported_in_their_own_room_only(path):
    foreign = {
        name
        for name in _imports(path)
        if name.startswith("dangol.")
        and ".models" in name
        and not f"{_room(path)}.".startswith(name.split("models")[0])
    }
    assert not foreign


def test_no_module_is_called_utils_misc_helpers_manager_or_common():
    vague = {"utils", "misc", "helpers", "manager", "common"}
    assert not [path for path in MODULES if path.stem in vague or vague & set(path.relative_to(PACKAGE).parts)]


def test_every_room_opens_with_one_sentence():
    silent = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("__init__.py")
        if not {"tests", "migrations"} & set(path.parts) and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert not silent


def test_no_text_of_a_template_is_inline_script_or_style():
    guilty = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.html")
        if "<style" in (text := path.read_text("utf-8")) or " style=" in text or " onclick=" in text
    ]
    assert not guilty
