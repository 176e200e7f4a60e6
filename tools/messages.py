"""Korean texts: compile, check and extract. `python -m tools.messages compile | check | extract`.

One folder per area under src/dangol/locale, so that a text lies with the room that says it. English is the source.
Also the build hook that puts the compiled texts into the wheel.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "dangol"
LOCALE = PACKAGE / "locale"
ERRORS = ("BadInput", "BadSetting", "NotFound", "NotAllowed", "Conflict", "Damaged", "Unavailable", "TooMuch")
KEYWORDS = {
    "gettext": None, "gettext_lazy": None, "gettext_noop": None, "_": None, "pgettext": ((1, "c"), 2),
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2), "N_": None,
} | dict.fromkeys(ERRORS, None)  # fmt: skip
# Which area says the texts of which folder; the first prefix that fits wins, the rest is said by "shell".
AREAS = (
    ("customers/collect/feeds", "feeds"), ("web/feeds", "feeds"), ("web/templates/feeds", "feeds"),
    ("api/feeds", "feeds"),
    ("customers/identify/linkage", "linkage"), ("engine/linkage", "linkage"),
    ("customers/quality", "quality"), ("web/quality", "quality"), ("web/templates/quality", "quality"),
    ("api/quality", "quality"),
    ("customers/surveys", "surveys"), ("web/surveys", "surveys"), ("web/templates/surveys", "surveys"),
    ("api/surveys", "surveys"),
    ("privacy", "privacy"), ("web/privacy", "privacy"), ("web/templates/privacy", "privacy"),
    ("api/privacy", "privacy"),
    ("customers/consent", "privacy"),
    ("customers/collect", "collect"), ("web/sources", "collect"), ("web/templates/sources", "collect"),
    ("customers", "customers"), ("web/customers", "customers"), ("web/templates/customers", "customers"),
    ("profile", "customers"),
    ("insight/segments", "segments"), ("web/segments", "segments"), ("web/templates/segments", "segments"),
    ("api/segments", "segments"), ("api/rfm", "insight"), ("api/schemes", "insight"),
    ("insight/answers", "explorer"),
    ("insight/analysis", "analysis"), ("web/analysis", "analysis"), ("web/templates/analysis", "analysis"),
    ("api/analysis", "analysis"),
    ("reports", "explorer"), ("web/explorer", "explorer"), ("web/templates/explorer", "explorer"),
    ("api/reports", "explorer"),
    ("insight/score/lifetime", "lifetime"), ("web/insight/lifetime", "lifetime"),
    ("web/templates/insight/lifetime", "lifetime"), ("api/lifetime", "lifetime"),
    ("insight/score/groups", "groups"), ("insight/score/index", "groups"), ("web/groups", "groups"),
    ("web/templates/groups", "groups"), ("api/groups", "groups"),
    ("insight/warehouse", "figures"), ("insight/olap", "figures"), ("engine", "figures"),
    ("web/insight/measures", "figures"), ("web/templates/insight/measures", "figures"),
    ("web/templates/insight/measure", "figures"), ("web/templates/insight/measure_check", "figures"),
    ("api/figures", "figures"),
    ("insight", "insight"), ("web/insight", "insight"), ("web/templates/insight", "insight"),
    ("campaigns", "campaigns"), ("channels", "campaigns"), ("web/campaigns", "campaigns"),
    ("web/templates/campaigns", "campaigns"),
    ("staff", "staff"), ("work", "staff"), ("web/admin", "staff"), ("web/templates/admin", "staff"),
    ("web/entry", "staff"), ("web/templates/entry", "staff"), ("api/frame", "staff"), ("api/problems", "staff"),
    ("api/strict", "staff"), ("api/staff", "staff"), ("api/work", "staff"), ("api/docs", "staff"),
    ("web/templates/api", "staff"),
)  # fmt: skip


def _catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="ko")


def compile_all() -> None:
    """Write a .mo beside every .po that is newer than it."""
    for source in LOCALE.glob("*/ko/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            buffer = io.BytesIO()
            write_mo(buffer, _catalog(source))
            target.write_bytes(buffer.getvalue())


def area(path: Path) -> str:
    """The area whose catalogue says the texts of a source file."""
    inside = path.relative_to(PACKAGE).as_posix()
    return next((name for prefix, name in AREAS if inside.startswith((prefix + "/", prefix + "."))), "shell")


def _texts(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], str | None]]:
    if path.suffix == ".html":
        from django.utils.translation.template import templatize

        # Read as Python below, where the indentation of a template would mean something.
        source = re.sub(r"^[ \t]+", "", templatize(path.read_text("utf-8"), origin=str(path)), flags=re.MULTILINE)
    else:
        source = path.read_text("utf-8")
    for line, message, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
        yield line, message, context


def extract_all() -> dict[str, Catalog]:
    """The texts of the source, a catalogue an area."""
    found: dict[str, Catalog] = {}
    files = [p for p in sorted(PACKAGE.rglob("*")) if p.suffix in (".py", ".html") and "tests" not in p.parts]
    for path in files:
        catalogue = found.setdefault(area(path), Catalog(locale="ko", charset="utf-8"))
        for _line, message, context in _texts(path):
            if message and message != ("", ""):
                catalogue.add(message, locations=[(path.relative_to(PACKAGE).as_posix(), None)], context=context)
    return {name: catalogue for name, catalogue in found.items() if len(catalogue)}


def update_all() -> None:
    """Bring every .po up to date with the source; translations that are there stay."""
    for name, fresh in extract_all().items():
        path = LOCALE / name / "ko" / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        known = _catalog(path) if path.exists() else Catalog(locale="ko")
        fresh.creation_date = known.creation_date  # so that nothing changes where no text did
        known.update(fresh, no_fuzzy_matching=True, update_header_comment=False)
        known.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, known, width=110, sort_output=True, omit_header=False, ignore_obsolete=True)


def _whole(said: str | tuple[str, ...]) -> bool:
    return all(said) if isinstance(said, tuple) else bool(said)


def missing() -> list[str]:
    """Texts of the source that have no Korean yet, as \"area: text\"."""
    gaps = []
    for name, fresh in extract_all().items():
        path = LOCALE / name / "ko" / "LC_MESSAGES" / "django.po"
        known = _catalog(path) if path.exists() else Catalog(locale="ko")
        for message in fresh:
            said = known.get(message.id, message.context) if message.id else None
            if message.id and not (said and _whole(said.string)):
                gaps.append(f"{name}: {message.id}")
    return gaps


def clashes() -> list[str]:
    """Texts that two areas say differently in Korean: only one of them would be seen. A context tells them apart."""
    said: dict[tuple[Any, str | None], dict[str, Any]] = {}
    for path in sorted(LOCALE.glob("*/ko/LC_MESSAGES/django.po")):
        for message in _catalog(path):
            if message.id:
                said.setdefault((message.id, message.context), {})[path.parts[-4]] = message.string
    return [f"said in several ways: {text}: {ways}" for (text, _context), ways in said.items()
            if len(set(map(str, ways.values()))) > 1]  # fmt: skip


def main(verb: str) -> int:
    """Run one verb; returns the exit code."""
    if verb == "extract":
        update_all()
    elif verb == "check":
        gaps = missing() + clashes()
        print("\n".join(gaps) or "Every text has its one Korean.")
        return bool(gaps)
    compile_all()
    return 0


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:
    pass
else:

    class CompileTexts(BuildHookInterface):  # type: ignore[type-arg]
        """Compiles the texts before a wheel is built."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            compile_all()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
