"""Who may do what: one table from role to permissions, from which guards, menus and docs derive. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.core.languages import N_


class Role(StrEnum):
    """What a person is in a structure (stored by value)."""

    MEDIATOR = "mediator"
    SUPERVISOR = "supervisor"
    QUALITY_LEAD = "quality_lead"
    DIRECTOR = "director"
    BOARD = "board"
    NETWORK_LEAD = "network_lead"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Permission(StrEnum):
    """What a route may ask for."""

    READ_CASES = "read_cases"
    HANDLE_CASES = "handle_cases"
    ENTER_CASES = "enter_cases"
    OWN_ACTIONS = "own_actions"
    READ_ACTIONS = "read_actions"
    MANAGE_ACTIONS = "manage_actions"
    READ_REGISTER = "read_register"
    READ_RESPONSES = "read_responses"
    READ_TEXTS = "read_texts"
    READ_FIGURES = "read_figures"
    READ_CODES = "read_codes"
    MANAGE_CODES = "manage_codes"
    READ_QUESTIONNAIRES = "read_questionnaires"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_RIGHTS = "manage_rights"


PERMISSION_LABELS: dict[Permission, str] = {
    Permission.READ_CASES: N_("Read the cases"),
    Permission.HANDLE_CASES: N_("Handle cases"),
    Permission.ENTER_CASES: N_("Write down what people say"),
    Permission.OWN_ACTIONS: N_("See and end one's own actions"),
    Permission.READ_ACTIONS: N_("Read the improvement plan and the reviews"),
    Permission.MANAGE_ACTIONS: N_("Decide actions and hold reviews"),
    Permission.READ_REGISTER: N_("Take out papers"),
    Permission.READ_RESPONSES: N_("Read the responses"),
    Permission.READ_TEXTS: N_("Read the free words"),
    Permission.READ_FIGURES: N_("See the figures"),
    Permission.READ_CODES: N_("See the codes"),
    Permission.MANAGE_CODES: N_("Issue and retire codes"),
    Permission.READ_QUESTIONNAIRES: N_("See the questionnaires"),
    Permission.MANAGE_PEOPLE: N_("Invite people and end their access"),
    Permission.MANAGE_SETTINGS: N_("Change the settings"),
    Permission.MANAGE_RIGHTS: N_("Answer what people ask about their data"),
}
"""What each permission lets somebody do, in the words of the page "What you may do"."""


class Act(StrEnum):
    """What the journal tells, outside cases (stored by value)."""

    SIGNED_IN = "signed_in"
    INVITED = "invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    JOINED = "joined"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- a kind of act
    ROLE_ENDED = "role_ended"
    CODE_ISSUED = "code_issued"
    CODE_RETIRED = "code_retired"
    CODE_REPLACED = "code_replaced"
    BRANDING_CHANGED = "branding_changed"
    POLICY_CHANGED = "policy_changed"
    RETENTION_CHANGED = "retention_changed"
    HOLD_BEGUN = "hold_begun"
    HOLD_RENEWED = "hold_renewed"
    HOLD_ENDED = "hold_ended"
    RIGHTS_ENTERED = "rights_entered"
    RIGHTS_ANSWERED = "rights_answered"
    RIGHTS_EXTENDED = "rights_extended"
    RIGHTS_REFUSED = "rights_refused"
    RIGHTS_ERASED = "rights_erased"
    RIGHTS_COPIED = "rights_copied"
    STAFF_INFORMED = "staff_informed"
    CALENDAR_CHANGED = "calendar_changed"
    SITE_ADDED = "site_added"
    TEAM_ADDED = "team_added"
    AGREEMENT_ADDED = "agreement_added"
    ACCESS_AUDITED = "access_audited"
    REGISTER_TAKEN = "register_taken"
    REGISTER_UNDONE = "register_undone"
    SERIES_TAKEN = "series_taken"
    SERIES_UNDONE = "series_undone"
    START_TICKED = "start_ticked"
    PRIVACY_CONTACT = "privacy_contact"
    NETWORK_REMINDED = "network_reminded"
    OFFER_MADE = "offer_made"
    OFFER_TAKEN = "offer_taken"
    OFFER_DECLINED = "offer_declined"
    QUESTIONS_PUBLISHED = "questions_published"


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role's line: its name on pages, its permissions, and whether the display floor binds it."""

    label: str
    may: frozenset[Permission]
    floor: bool
    """True: figures below k answers and raw texts stay hidden (decisions, 5)."""


_EVERYTHING = frozenset(Permission)
_P = Permission
_OWN = frozenset({_P.OWN_ACTIONS})
_PLAN = _OWN | {_P.READ_ACTIONS}
"""Who reads the improvement plan may also be given something to do in it."""
_PAPERS = frozenset({_P.READ_REGISTER})

PERMISSIONS: dict[Role, RoleRow] = {
    Role.MEDIATOR: RoleRow(
        N_("Mediator"), frozenset({_P.ENTER_CASES, _P.READ_FIGURES, _P.READ_CODES}) | _OWN, floor=True
    ),
    Role.SUPERVISOR: RoleRow(
        N_("Supervisor"),
        frozenset(
            {
                _P.READ_CASES,
                _P.HANDLE_CASES,
                _P.ENTER_CASES,
                _P.READ_FIGURES,
                _P.READ_CODES,
                _P.READ_QUESTIONNAIRES,
            }
        )
        | _PLAN
        | _PAPERS,
        floor=True,
    ),
    Role.QUALITY_LEAD: RoleRow(N_("Quality lead"), _EVERYTHING, floor=False),
    Role.DIRECTOR: RoleRow(N_("Director"), _EVERYTHING, floor=False),
    Role.BOARD: RoleRow(
        N_("Board"),
        frozenset({_P.READ_CASES, _P.HANDLE_CASES, _P.READ_FIGURES}) | _PLAN | _PAPERS,
        floor=True,
    ),
    Role.NETWORK_LEAD: RoleRow(N_("Network lead"), frozenset({_P.READ_FIGURES}), floor=True),
    Role.AUDITOR: RoleRow(
        N_("Auditor"),
        frozenset({_P.READ_FIGURES, _P.READ_QUESTIONNAIRES, _P.READ_CODES}) | _PLAN | _PAPERS,
        floor=True,
    ),
    Role.OPERATOR: RoleRow(N_("Operator"), frozenset({_P.MANAGE_PEOPLE}), floor=True),
}


def may(role: Role, permission: Permission) -> bool:
    """Whether the role has the permission."""
    return permission in PERMISSIONS[role].may


def may_give(giver: Role, given: Role) -> bool:
    """Whether a person of the first role may open or end an access of the second.

    Nobody gives what they do not have: an operator, who runs the portal, cannot become a reader by inviting
    a second self as director.
    """
    return may(giver, Permission.MANAGE_PEOPLE) and PERMISSIONS[given].may <= PERMISSIONS[giver].may
