"""Formulas as people read them."""

from collections.abc import Callable

from dangol.insight.olap.rules.formulas import Among, Constant, Formula, Framed, Name, Negative, Operation, Otherwise

SIGNS = {"*": "×", "/": "÷", "-": "−", "+": "+"}


def said(formula: Formula, words: Callable[[str], str]) -> str:  # noqa: PLR0911  one return a kind of formula
    """The formula for people. words: the label of a name, or of a function, which comes with its brackets."""
    match formula:
        case Constant(value):
            return f"{value:f}"
        case Name(name):
            return words(name)
        case Negative(inner):
            return f"−{_inside(inner, words)}"
        case Otherwise(first, second):
            return f"{words('if_missing()')}({said(first, words)}, {said(second, words)})"
        case Framed(frame, inner):
            more = [str(frame.steps)] if frame.steps > 1 else [words(name) for name in frame.keep]
            return f"{words(f'{frame.name}()')}({', '.join([said(inner, words), *more])})"
        case Among(name, inner, keep):
            return f"{words(f'{name}()')}({', '.join([said(inner, words), *map(words, keep)])})"
        case Operation(sign, left, right):
            sides = [_inside(side, words) if sign in "*/" else said(side, words) for side in (left, right)]
            if sign == "-" and isinstance(right, Operation) and right.sign in "+-":
                sides[1] = f"({sides[1]})"
            return f"{sides[0]} {SIGNS[sign]} {sides[1]}"


def _inside(formula: Formula, words: Callable[[str], str]) -> str:
    text = said(formula, words)
    return f"({text})" if isinstance(formula, Operation | Negative) else text
