"""The colours of tokens.css: readable in both themes, and told apart by people who see colours differently."""

import re
from itertools import combinations
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "src" / "dangol" / "web" / "static" / "css"
TOKEN = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
PAIRS = {name: (light, dark) for name, light, dark in TOKEN.findall((CSS / "tokens.css").read_text())}
THEMES = ("light", "dark")
GROUNDS = ("paper", "surface", "sunken", "raised", "hover")
# text on the grounds it is used on: 4.5 : 1 (WCAG 1.4.3)
TEXTS = [(text, ground) for text in ("ink", "ink-soft", "accent", "ok", "bad", "warn", "info") for ground in GROUNDS] + [
    ("on-accent", "accent-fill"), ("on-accent", "accent-fill-hover"), ("on-bad", "bad-fill"), ("accent", "accent-soft"),
    *((tone, f"{tone}-soft") for tone in ("ok", "warn", "bad", "info", "generated")),
    *(("ink", f"{tone}-soft") for tone in ("ok", "warn", "bad", "info", "accent")),
    ("ink-soft", "accent-soft"),
]  # fmt: skip
# edges of controls, focus rings, marks of charts: 3 : 1 (WCAG 1.4.11)
SHAPES = [("line-strong", ground) for ground in ("paper", "surface", "raised")] + [
    *(("focus", ground) for ground in GROUNDS), ("focus", "accent-soft"), ("accent-fill", "surface"),
    *((f"chart-{n}", ground) for n in range(1, 9) for ground in ("paper", "surface")),
]  # fmt: skip
# Machado, Oliveira and Fernandes 2009, table 1, severity 1.0
SIGHT = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}


def _linear(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _luminance(colour):
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), _linear(colour), strict=True))


def contrast(one, other):
    """WCAG 2.2 contrast ratio of two colours."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _lab(linear):
    """CIELAB of linear sRGB, D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.95047, 1.0, 1.08883)
    x, y, z = (sum(a * b for a, b in zip(row, linear, strict=True)) / w for row, w in zip(rows, white, strict=True))
    f = [t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (max(x, 0), max(y, 0), max(z, 0))]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def apart(one, other, sight):
    """CIE76 distance of two colours as somebody with this sight sees them."""
    seen = [
        _lab([min(1, max(0, sum(a * b for a, b in zip(row, _linear(c), strict=True)))) for row in SIGHT[sight]])
        for c in (one, other)
    ]
    return sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5


def test_known_contrasts_come_out():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_is_readable(text, ground, theme):
    side = THEMES.index(theme)
    assert contrast(PAIRS[text][side], PAIRS[ground][side]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shape_that_says_something_is_visible(shape, ground, theme):
    side = THEMES.index(theme)
    assert contrast(PAIRS[shape][side], PAIRS[ground][side]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(("first", "least"), [(5, 10), (8, 5)])
def test_chart_colours_are_told_apart(first, least, sight, theme):
    side = THEMES.index(theme)
    for one, other in combinations(range(1, first + 1), 2):
        distance = apart(PAIRS[f"chart-{one}"][side], PAIRS[f"chart-{other}"][side], sight)
        assert distance >= least, f"chart-{one} and chart-{other}: {distance:.1f}"


def test_no_style_sheet_uses_a_colour_or_token_that_tokens_css_does_not_name():
    """Only tokens.css holds colours; paper is white in print, and a veil is a shade of black."""
    for sheet in CSS.glob("*.css"):
        text = sheet.read_text()
        tokens = set(re.findall(r"var\(--([a-z0-9-]+)", text))
        named = set(re.findall(r"--([a-z0-9-]+):", (CSS / "tokens.css").read_text()))
        named |= set(re.findall(r"--([a-z0-9-]+): var\(--", text))  # a name of its own for a token
        assert tokens <= named, sheet.name
        if sheet.name not in ("tokens.css", "print.css", "base.css"):
            found = set(re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;,)\s])", text))
            assert found <= {"#fff"}, sheet.name  # a code for a camera stands on white
