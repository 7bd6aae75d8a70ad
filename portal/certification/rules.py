"""What an improvement action is, when somebody is reminded of it, how it stands. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from portal.core.languages import N_

MAX_WHAT = 300
MAX_WORDS = 2_000
MAX_REVIEW_WORDS = 10_000
AHEAD = timedelta(days=10)
"""How long before the day somebody is reminded; of an action that is due sooner, at once."""
FARTHEST = timedelta(days=5 * 366)
"""An action farther away than a certificate lasts is a slip of the keyboard."""


class Origin(StrEnum):
    """Where an action comes from (stored by value)."""

    CASE = "case"
    REVIEW = "review"
    AUDIT = "audit"
    TEAM = "team"
    CAMPAIGN = "campaign"
    PLAN = "plan"


ORIGINS: dict[Origin, str] = {
    Origin.CASE: N_("From a message"),
    Origin.REVIEW: N_("Decided in a review"),
    Origin.AUDIT: N_("From an audit"),
    Origin.TEAM: N_("Noticed by a colleague"),
    Origin.CAMPAIGN: N_("Decided after a campaign"),
    Origin.PLAN: N_("From the team"),
}


class CampaignSource(StrEnum):
    """Whose campaign it is (stored by value)."""

    OWN = "own"
    NETWORK = "network"


CAMPAIGN_SOURCES: dict[CampaignSource, str] = {
    CampaignSource.OWN: N_("Our own"),
    CampaignSource.NETWORK: N_("Proposed by the network"),
}
MAX_CAMPAIGN = 80
LONGEST_CAMPAIGN = timedelta(days=366)
CAMPAIGN_YEARS = range(2000, 2101)


class Observed(StrEnum):
    """What was noticed (stored by value)."""

    INCIDENT = "incident"
    IDEA = "idea"
    NONCONFORMITY = "nonconformity"
    REMARK = "remark"
    STRENGTH = "strength"
    SUGGESTION = "suggestion"


OBSERVED: dict[Observed, str] = {
    Observed.INCIDENT: N_("An incident"),
    Observed.IDEA: N_("An idea of mine"),
    Observed.NONCONFORMITY: N_("Audit: a nonconformity"),
    Observed.REMARK: N_("Audit: a remark"),
    Observed.STRENGTH: N_("Audit: a strength"),
    Observed.SUGGESTION: N_("Audit: a suggestion"),
}
AUDITED = frozenset({Observed.NONCONFORMITY, Observed.REMARK, Observed.STRENGTH, Observed.SUGGESTION})
"""What an audit says; the rest is said by the team, and read by whoever leads the plan."""


class ActionAct(StrEnum):
    """What was done with an action (stored by value)."""

    OPENED = "opened"
    PUT_OFF = "put_off"
    DONE = "done"
    REOPENED = "reopened"
    COUNTED = "counted"
    HANDED = "handed"


ACTS: dict[ActionAct, str] = {
    ActionAct.OPENED: N_("Decided"),
    ActionAct.PUT_OFF: N_("Put off to a later day"),
    ActionAct.DONE: N_("Carried out"),
    ActionAct.REOPENED: N_("Taken up again"),
    ActionAct.COUNTED: N_("What is counted was changed"),
    ActionAct.HANDED: N_("Handed over"),
}


def is_late(due_on: date, today: date, *, is_done: bool) -> bool:
    """Whether an action should have been done before today and is not."""
    return not is_done and due_on < today


def week_of(day: date) -> date:
    """The Monday of its week: what one mail a week is counted by."""
    return day - timedelta(days=day.weekday())
