"""The forms of this area: a new survey, its settings, one question."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.customers.consent.rules import CHANNEL_NAMES, PURPOSE_NAMES, PURPOSES
from dangol.customers.surveys import rules

SPARE = 3
LANGUAGE_NAMES = {"ko": _("Korean"), "en": _("English")}
ASKED_CHANNELS = ("email", "sms", "kakao", "call")
AREA = {"rows": 3}


def _named(names: Mapping[str, str], wanted: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, gettext(names[name])) for name in wanted]


class NewForm(forms.Form):
    """A new survey."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("For yourself; people see the title."))
    kind = forms.ChoiceField(
        label=_("What it is"), widget=forms.RadioSelect, initial="survey",
        choices=(("survey", _("A survey: answers, with or without a name")),
                 ("form", _("A sign-up form: makes customers with their consent"))),
    )  # fmt: skip


def _both(
    form: forms.Form, name: str, label: Any, value: Mapping[str, str], *, area: bool = False, help: Any = ""
) -> None:
    for language in rules.LANGUAGES:
        widget = forms.Textarea(attrs=AREA) if area else forms.TextInput()
        form.fields[f"{name}_{language}"] = forms.CharField(
            label=f"{label} ({LANGUAGE_NAMES[language]})", required=False, initial=value.get(language, ""),
            widget=widget, help_text=help,
        )  # fmt: skip


def _texts(given: Mapping[str, Any], name: str) -> dict[str, str]:
    return {language: given.get(f"{name}_{language}", "") or "" for language in rules.LANGUAGES}


class SettingsForm(forms.Form):
    """Everything of a survey but its questions."""

    def __init__(self, content: Mapping[str, Any], name: str, data: Any = None) -> None:
        super().__init__(data)
        self.content = content
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=100, initial=name)
        _both(self, "title", _("Title"), content["title"])
        _both(self, "intro", _("Introduction"), content["intro"], area=True)
        _both(self, "thanks", _("Thanks"), content["thanks"], area=True)
        _both(self, "notice", _("Notice on personal data"), content["notice"], area=True)
        self.fields["minors"] = forms.ChoiceField(
            label=_("People under 14"), initial=content["minors"],
            choices=[(key, gettext(text)) for key, text in rules.MINORS.items()],
            help_text=_("Asked with contact details (Personal Information Protection Act, article 22-2)."),
        )  # fmt: skip
        for key, label in (("starts_on", _("First day")), ("ends_on", _("Last day"))):
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[key] = forms.DateField(label=label, required=False, initial=content[key], widget=widget)
        self.fields["quota"] = forms.IntegerField(
            label=_("Close after so many answers"), required=False, min_value=1, initial=content["quota"]
        )
        for place, one in enumerate([*content["consents"], *([{}] if len(content["consents"]) < 5 else [])]):
            self._consent(place, one)

    def _consent(self, place: int, one: Mapping[str, Any]) -> None:
        self.fields[f"purpose_{place}"] = forms.ChoiceField(
            label=_("Purpose"),
            choices=_named(PURPOSE_NAMES, PURPOSES),
            required=False,
            initial=one.get("purpose", "marketing"),
        )
        self.fields[f"channel_{place}"] = forms.ChoiceField(
            label=_("Channel"),
            choices=_named(CHANNEL_NAMES, ASKED_CHANNELS),
            required=False,
            initial=one.get("channel", "email"),
        )
        _both(self, f"consent_{place}", _("Text of the consent"), one.get("text", {}), area=True)

    @property
    def consent_rows(self) -> list[list[Any]]:
        """The fields of each consent."""
        places = [name.removeprefix("purpose_") for name in self.fields if name.startswith("purpose_")]
        names = ("purpose_{}", "channel_{}", "consent_{}_ko", "consent_{}_en")
        return [[self[name.format(place)] for name in names] for place in places]

    def changes(self) -> dict[str, Any]:
        """The settings as the survey keeps them; a consent without text is left out."""
        given = self.cleaned_data
        places = range(len(self.consent_rows))
        consents = [
            {"purpose": given[f"purpose_{n}"] or "marketing", "channel": given[f"channel_{n}"] or "email", "text": text}
            for n in places
            if any((text := _texts(given, f"consent_{n}")).values())
        ]
        days = {key: given[key].isoformat() if given[key] else None for key in ("starts_on", "ends_on")}
        texts = {name: _texts(given, name) for name in ("title", "intro", "thanks", "notice")}
        return texts | days | {"minors": given["minors"], "quota": given["quota"], "consents": consents}


class QuestionForm(forms.Form):
    """One question of a kind."""

    def __init__(self, kind: str, one: Mapping[str, Any], later: Sequence[tuple[str, str]], data: Any = None) -> None:
        super().__init__(data)
        self.kind, self.one = kind, one
        self.targets = [("", _("to the next question")), *later, (rules.END, _("to the end"))]
        _both(self, "text", _("Question"), one.get("text", {}))
        _both(self, "help", _("Help below it"), one.get("help", {}))
        self.fields["required"] = forms.BooleanField(
            label=_("Must be answered"), required=False, initial=one.get("required", False)
        )
        if kind == "contact":
            self.fields["contact"] = forms.ChoiceField(
                label=_("Contact detail"), initial=one.get("contact"),
                choices=[(key, gettext(text)) for key, text in rules.CONTACTS.items()],
            )  # fmt: skip
        else:
            self.fields["attribute"] = forms.CharField(
                label=_("Keep the answer as attribute"), required=False, initial=one.get("attribute", ""),
                max_length=40, help_text=_("A name like skin_type: the answer becomes a field of the customer."),
            )  # fmt: skip
        if kind == "scale":
            self.fields["low"] = forms.IntegerField(
                label=_("From"), min_value=0, max_value=9, initial=one.get("low", 1)
            )
            self.fields["high"] = forms.IntegerField(
                label=_("To"), min_value=1, max_value=10, initial=one.get("high", 5)
            )
        if kind in ("scale", "nps"):
            _both(self, "low_text", _("Word at the low end"), one.get("low_text", {}))
            _both(self, "high_text", _("Word at the high end"), one.get("high_text", {}))
            for place, jump in enumerate([*one.get("jumps", []), {}]):
                self._jump(place, jump)
        if kind in rules.CHOICES:
            for place, option in enumerate([*one.get("options", []), *[{}] * SPARE]):
                self._option(place, option)

    def _option(self, place: int, option: Mapping[str, Any]) -> None:
        key = option.get("key", "")
        self.fields[f"key_{place}"] = forms.CharField(required=False, initial=key, widget=forms.HiddenInput)
        _both(self, f"option_{place}", _("Answer %(n)s") % {"n": place + 1}, option.get("text", {}))
        if self.kind == "single":
            to = next((j["to"] for j in self.one.get("jumps", []) if j.get("option") == key and key), "")
            self.fields[f"to_{place}"] = forms.ChoiceField(
                label=_("Then go"), choices=self.targets, required=False, initial=to
            )

    def _jump(self, place: int, jump: Mapping[str, Any]) -> None:
        for end, label in (("low", _("From")), ("high", _("To"))):
            self.fields[f"jump_{end}_{place}"] = forms.IntegerField(
                label=label, required=False, min_value=0, max_value=10, initial=jump.get(end)
            )
        self.fields[f"to_{place}"] = forms.ChoiceField(
            label=_("Then go"), choices=self.targets, required=False, initial=jump.get("to", "")
        )

    def _rows(self, first: str) -> list[str]:
        return [name.removeprefix(first) for name in self.fields if name.startswith(first)]

    @property
    def option_rows(self) -> list[list[Any]]:
        """The fields of each answer to choose from."""
        names = ["key_{}", "option_{}_ko", "option_{}_en"] + (["to_{}"] if self.kind == "single" else [])
        return [[self[name.format(place)] for name in names] for place in self._rows("key_")]

    @property
    def jump_rows(self) -> list[list[Any]]:
        """The fields of each jump by number."""
        names = ("jump_low_{}", "jump_high_{}", "to_{}")
        return [[self[name.format(place)] for name in names] for place in self._rows("jump_low_")]

    def question(self) -> dict[str, Any]:
        """The question as the survey keeps it."""
        given = self.cleaned_data
        found: dict[str, Any] = {
            "kind": self.kind, "text": _texts(given, "text"), "help": _texts(given, "help"),
            "required": given["required"],
        }  # fmt: skip
        if self.one.get("key"):
            found["key"] = self.one["key"]
        for name in ("contact", "attribute", "low", "high"):
            if name in given:
                found[name] = given[name]
        if self.kind in ("scale", "nps"):
            found |= {name: _texts(given, name) for name in ("low_text", "high_text")}
            found["jumps"] = self._number_jumps(given)
        if self.kind in rules.CHOICES:
            found["options"], found["jumps"] = self._options(given)
        return found

    def _number_jumps(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = []
        for place in self._rows("jump_low_"):
            low, high, to = (given[name.format(place)] for name in ("jump_low_{}", "jump_high_{}", "to_{}"))
            if low is not None and high is not None and to:
                found.append({"low": low, "high": high, "to": to})
        return found

    def _options(self, given: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        used = {given[f"key_{place}"] for place in self._rows("key_")}
        options, jumps = [], []
        for place in self._rows("key_"):
            text = _texts(given, f"option_{place}")
            if not any(text.values()):
                continue
            key = given[f"key_{place}"] or next(name for n in range(1, 200) if (name := f"o{n}") not in used)
            used.add(key)
            options.append({"key": key, "text": text})
            if given.get(f"to_{place}"):
                jumps.append({"option": key, "to": given[f"to_{place}"]})
        return options, jumps
