"""Who may do what, told a second time: one word too many in the table opens a page without a sound."""

from __future__ import annotations

from itertools import product

import pytest

from portal.people.rules import PERMISSION_LABELS, PERMISSIONS, Permission, Role, may, may_give

DECIDED = """
read_cases           supervisor quality_lead director board
handle_cases         supervisor quality_lead director board
enter_cases          mediator supervisor quality_lead director
own_actions          mediator supervisor quality_lead director board auditor
read_actions         supervisor quality_lead director board auditor
manage_actions       quality_lead director
read_register        supervisor quality_lead director board auditor
read_responses       quality_lead director
read_texts           quality_lead director
read_figures         mediator supervisor quality_lead director board network_lead auditor
read_codes           mediator supervisor quality_lead director auditor
manage_codes         quality_lead director
read_questionnaires  supervisor quality_lead director auditor
manage_people        quality_lead director operator
manage_settings      quality_lead director
manage_rights        quality_lead director
"""
ROWS = {words[0]: set(words[1:]) for words in (line.split() for line in DECIDED.split("\n") if line)}


@pytest.mark.parametrize("permission", Permission, ids=lambda permission: permission.value)
def test_a_permission_is_held_by_the_roles_that_were_decided(permission: Permission) -> None:
    assert {role.value for role in Role if may(role, permission)} == ROWS[permission.value]


def test_the_display_floor_binds_all_but_those_who_read_the_responses() -> None:
    assert {role.value for role, row in PERMISSIONS.items() if not row.floor} == ROWS["read_responses"]


def test_the_operator_gives_the_operator_s_access_alone_and_a_lead_gives_every_one() -> None:
    given = {(giver, to) for giver, to in product(Role, Role) if may_give(giver, to)}
    leads = {(lead, to) for lead in (Role.QUALITY_LEAD, Role.DIRECTOR) for to in Role}
    assert given == leads | {(Role.OPERATOR, Role.OPERATOR)}


def test_every_role_and_every_permission_has_a_name_of_its_own() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert len({row.label for row in PERMISSIONS.values()}) == len(Role)
    assert len(set(PERMISSION_LABELS.values())) == len(PERMISSION_LABELS) == len(Permission)
