"""A definition as a sentence, in Korean and English: sentences as data, names and numbers put in by the caller."""

from dangol.insight.segments.rules.definition import Condition, Group, is_ready, ready
from dangol.insight.segments.rules.sentences import english, korean
from dangol.insight.segments.rules.sentences.words import Words

__all__ = ["Words", "phrase", "sentence"]


def sentence(root: Group, words: Words) -> str:
    """Whom a definition describes, in one sentence; what is still being filled in is left out."""
    whole = ready(root)
    if words.language == "ko":
        return korean.EVERYBODY if whole is None else korean.sentence(whole, words)
    return english.EVERYBODY if whole is None else english.sentence(whole, words)


def phrase(condition: Condition, words: Words) -> str:
    """One condition alone, as its card is headed; empty while it is being filled in."""
    if not is_ready(condition):
        return ""
    return korean.phrase(condition, words) if words.language == "ko" else english.phrase(condition, words)
