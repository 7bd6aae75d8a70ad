"""Form fields as staff pages use them: what is wrong is said in our own words, and what was typed stays."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from flask_babel import gettext, lazy_gettext
from wtforms import (
    DateField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from portal.core.errors import Invalid
from portal.core.languages import N_
from portal.tenancy.hours import read_closures, read_periods

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from portal.tenancy.hours import Periods

NOTHING = ""
"""The value of a choice that chooses nothing."""

_NOT_LISTED = N_("Choose one of the list.")
_NO_DAY = N_("This is no date. Example: 2027-09-01")
_NO_NUMBER = N_("Write a whole number.")
_HOURS_FAULTS = {
    "form": N_("We cannot read “%(part)s”. Example: 09:00-12:00, 14:00-17:30"),
    "order": N_("“%(part)s” ends before it begins."),
    "overlap": N_("Two opening periods overlap."),
}
_CLOSURE_FAULTS = {
    "form": N_("Line %(line)d does not begin with a date. Example: 2027-08-02 Summer closing"),
    "day": N_("Line %(line)d: there is no day %(given)s."),
    "order": N_("Line %(line)d ends before it begins."),
    "length": N_("Line %(line)d is longer than a year."),
    "words": N_("Line %(line)d: write the reason after the date."),
    "twice": N_("Line %(line)d names a day that stands above already."),
}


class Pick(SelectField):  # type: ignore[misc]  # WTForms has no types
    """One of a list that is filled per request; `offer` fills it."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.type = SelectField.__name__  # templates choose the control by it

    def offer(self, rows: Iterable[tuple[object, str]], *, nothing: str | None = None) -> None:
        """Let these be chosen, by value and label; `nothing` is the label of choosing none, first."""
        first = [] if nothing is None else [SelectChoice(NOTHING, nothing)]
        self.choices = [*first, *(SelectChoice(str(value), label) for value, label in rows)]

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 -- the signature of WTForms
        """Refuse what was not offered."""
        if self.data not in {choice.value for choice in self.choices or ()}:
            raise ValidationError(gettext(_NOT_LISTED))

    def chosen(self, known: Iterable[Any]) -> Any:
        """The member of `known` that was chosen; None for none."""
        return next((one for one in known if str(one) == self.data), None)


class Day(DateField):  # type: ignore[misc]  # WTForms has no types
    """A date, as browsers send it or as it is written in France."""

    def __init__(self, label: Any, validators: Any = None, **more: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%d", "%d/%m/%Y"], **more)
        self.type = DateField.__name__

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it, or say what a date looks like."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext(_NO_DAY)) from None


class Whole(IntegerField):  # type: ignore[misc]  # WTForms has no types
    """A whole number."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.type = IntegerField.__name__

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it, or say that it is none."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext(_NO_NUMBER)) from None


class Hours(StringField):  # type: ignore[misc]  # WTForms has no types
    """The opening hours of a weekday; `periods` after it was read."""

    periods: Periods = ()

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.type = StringField.__name__

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 -- the signature of WTForms
        """Read them, or say which part cannot be read."""
        try:
            self.periods = read_periods(self.data or "")
        except Invalid as fault:
            raise _told(_HOURS_FAULTS, fault) from None


class ClosingDays(TextAreaField):  # type: ignore[misc]  # WTForms has no types
    """Closing days, one line each; `closures` after it was read."""

    closures: Mapping[date, str] = MappingProxyType({})

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.type = TextAreaField.__name__

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 -- the signature of WTForms
        """Read them, or say which line cannot be read."""
        try:
            self.closures = read_closures(self.data or "")
        except Invalid as fault:
            raise _told(_CLOSURE_FAULTS, fault) from None


def _told(faults: Mapping[str, str], fault: Invalid) -> ValidationError:
    return ValidationError(gettext(faults[str(fault.facts["reason"])], **fault.facts))


def needed(message: str = N_("Fill this in.")) -> DataRequired:
    """The field must hold something."""
    return DataRequired(lazy_gettext(message))


def optional() -> Optional:
    """The field may stay empty."""
    return Optional()


def at_most(length: int) -> Length:
    """The text is no longer than so many characters."""
    return Length(max=length, message=lazy_gettext("Write at most %(most)d characters.", most=length))


def between(least: int, most: int) -> NumberRange:
    """The number lies between these."""
    message = lazy_gettext("Write a number from %(least)d to %(most)d.", least=least, most=most)
    return NumberRange(least, most, message)


def blame(field: Any, message: str) -> None:
    """Give a field a fault that only the action found."""
    field.errors = [*field.errors, message]
