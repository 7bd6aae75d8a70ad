"""The forms of the settings: identity, promises, staff informed, calendars, new sites, teams, agreements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from babel.dates import get_day_names
from flask_babel import get_locale, gettext, lazy_gettext
from wtforms import BooleanField, ColorField, EmailField, FileField, Form, StringField

from portal.cases.rules import KINDS, ClockName
from portal.core.languages import N_
from portal.tenancy.holidays_fr import ZONES
from portal.tenancy.hours import write_closures, write_periods
from portal.tenancy.rules import Targets, targets_of
from portal.web.case_words import CLOCKS
from portal.web.fields import ClosingDays, Day, Hours, Pick, Whole, at_most, between, blame, needed, optional

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.core.worktime import WorkCalendar
    from portal.tenancy.hours import Periods
    from portal.tenancy.models import CalendarVersion, PolicyVersion

WEEK = range(7)
PROMISES: dict[str, str] = {
    "ack_days": N_("%(kind)s: working days until a person has read it"),
    "first_response_days": N_("%(kind)s: working days until a first reply"),
    "answer_days": N_("%(kind)s: working days until the answer"),
}
"""A promise's label by its name in `portal.tenancy.rules.Targets`, in the order of life."""

PROMISE_CLOCKS = {
    "ack_days": ClockName.ACK,
    "first_response_days": ClockName.FIRST_RESPONSE,
    "answer_days": ClockName.ANSWER,
}
"""The clock that each promise sets."""

_MOST_DAYS = 60
_MOST_NAME = 120
_MOST_CODE = 40
_NOT_SOONER = N_("This cannot be sooner than the promise before it.")
_TYPED = {"autocomplete": "off", "dir": "auto"}
_LATIN = {"autocomplete": "off", "dir": "ltr"}


class IdentityForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Name, colour and logo, as posters and pages show them."""

    name = StringField(lazy_gettext("Name"), [needed(), at_most(_MOST_NAME)], render_kw=_TYPED)
    colour = ColorField(
        lazy_gettext("Colour"),
        [needed()],
        description=lazy_gettext("We darken it where needed, so that everyone can read it."),
    )
    logo = FileField(
        lazy_gettext("Logo"),
        description=lazy_gettext(
            "PNG, JPEG or WebP, 4 MB at most. Best: 600 pixels wide, without background."
        ),
    )
    no_logo = BooleanField(lazy_gettext("Show no logo"))


class InformedForm(Form):  # type: ignore[misc]  # WTForms has no types
    """The day on which staff and works council were informed."""

    day = Day(
        lazy_gettext("Informed on"),
        [optional()],
        description=lazy_gettext("Leave it empty to close the codes that name a mediator."),
    )


class PrivacyForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Whom residents write to about their data."""

    email = EmailField(
        lazy_gettext("E-mail"),
        [needed()],
        description=lazy_gettext("Everybody reads it on your page “Your data”: an address of the structure."),
        render_kw={"autocomplete": "off", "dir": "ltr"},
    )


class SiteForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A further site; its opening hours are set on its own page."""

    name = StringField(lazy_gettext("Name"), [needed(), at_most(_MOST_NAME)], render_kw=_TYPED)
    zone = Pick(lazy_gettext("Public holidays of"))


class TeamForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A further team at a site."""

    name = StringField(lazy_gettext("Name"), [needed(), at_most(_MOST_NAME)], render_kw=_TYPED)
    site = Pick(lazy_gettext("Site"))


class AgreementForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A further agreement with a partner."""

    partner = StringField(lazy_gettext("Partner"), [needed(), at_most(_MOST_NAME)], render_kw=_TYPED)
    purpose = StringField(lazy_gettext("Purpose"), [needed(), at_most(_MOST_NAME)], render_kw=_TYPED)
    starts_on = Day(lazy_gettext("From"), [needed()])
    ends_on = Day(
        lazy_gettext("Until"), [optional()], description=lazy_gettext("Leave it empty without an end.")
    )


class PromisesForm(Form):  # type: ignore[misc]  # WTForms has no types
    """The document that holds the promises; `promises_form` adds three numbers for each kind of message."""

    document_code = StringField(
        lazy_gettext("Code of the document"), [needed(), at_most(_MOST_CODE)], render_kw=_LATIN
    )
    document_version = StringField(
        lazy_gettext("Version of the document"), [needed(), at_most(_MOST_CODE)], render_kw=_LATIN
    )


_PromisesForm: Any = type(
    "_PromisesForm",
    (PromisesForm,),
    {
        f"{kind.value}_{name}": Whole("", [between(1, _MOST_DAYS)], render_kw={"inputmode": "numeric"})
        for kind in KINDS
        for name in PROMISES
    },
)


def promises_form(sent: Any, now: PolicyVersion) -> Any:
    """The form as sent, else with the promises in force."""
    given: dict[str, Any] = {
        "document_code": now.document_code,
        "document_version": now.document_version,
    }
    for kind in KINDS:
        targets = targets_of(now.targets, kind.value)
        given |= {f"{kind.value}_{name}": getattr(targets, name) for name in PROMISES}
    form = _PromisesForm(sent, data=given)
    for kind, row in KINDS.items():
        for name, label in PROMISES.items():
            form[f"{kind.value}_{name}"].label.text = gettext(label, kind=gettext(row.label))
    return form


def promise_rows(form: Any) -> list[dict[str, Any]]:
    """The promises by kind, as `staff/promises.html` takes them: only those whose clock runs are asked."""
    rows = []
    for kind, row in KINDS.items():
        names = {f"{kind.value}_{name}": gettext(CLOCKS[clock]) for name, clock in PROMISE_CLOCKS.items()}
        asked = [name for name in names if row.is_answered or name.endswith("_ack_days")]
        rows.append(
            {
                "label": gettext(row.plural),
                "names": [
                    {"name": name, "label": names[name], "error": next(iter(form[name].errors), None)}
                    for name in asked
                ],
                "kept": [name for name in names if name not in asked],
            }
        )
    return rows


def check_order(form: Any) -> bool:
    """Whether no promise is sooner than the one before it; each that is gets its error."""
    wrong = [
        form[f"{kind.value}_{later}"]
        for kind in KINDS
        for earlier, later in zip(PROMISES, list(PROMISES)[1:], strict=False)
        if form[f"{kind.value}_{later}"].data < form[f"{kind.value}_{earlier}"].data
    ]
    for field in wrong:
        blame(field, gettext(_NOT_SOONER))
    return not wrong


def promised(form: Any) -> dict[str, Targets]:
    """The promises of a valid form, by kind."""
    return {
        kind.value: Targets(**{name: form[f"{kind.value}_{name}"].data for name in PROMISES})
        for kind in KINDS
    }


_CalendarForm: Any = type(
    "_CalendarForm",
    (Form,),
    {
        "zone": Pick(lazy_gettext("Public holidays of")),
        **{f"day_{weekday}": Hours("", render_kw=_LATIN) for weekday in WEEK},
        "closures": ClosingDays(
            lazy_gettext("Closing days"),
            description=lazy_gettext(
                "One line each: 2027-08-02 Summer closing. A stretch: 2027-08-02 - 2027-08-13 Summer closing."
            ),
        ),
    },
)


def calendar_form(sent: Any, now: CalendarVersion, calendar: WorkCalendar) -> Any:
    """The form as sent, else with the calendar in force."""
    hours = {f"day_{day}": write_periods(calendar.opening.get(day, ())) for day in WEEK}
    form = _CalendarForm(
        sent, data={"zone": now.zone, "closures": write_closures(calendar.closures), **hours}
    )
    offer_zones(form.zone)
    for weekday in WEEK:
        form[f"day_{weekday}"].label.text = as_heading(day_name(weekday))
    form.day_0.description = gettext("For example 09:00-12:00, 14:00-17:30. Empty: closed.")
    return form


def opening_of(form: Any) -> Mapping[int, Periods]:
    """The opening hours of a valid form, by weekday; days that are closed are left out."""
    return {day: form[f"day_{day}"].periods for day in WEEK if form[f"day_{day}"].periods}


def offer_zones(field: Pick) -> None:
    """Let one of the holiday zones be chosen."""
    field.offer((zone, gettext(row.label)) for zone, row in ZONES.items())


def day_name(weekday: int) -> str:
    """The name of a weekday (0 = Monday) in the reader's language, as it stands within a sentence."""
    return str(get_day_names("wide", locale=get_locale())[weekday])


def as_heading(words: str) -> str:
    """The words with a capital at their beginning, in scripts that have capitals."""
    return words[:1].upper() + words[1:]
