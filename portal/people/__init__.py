"""Who works here: persons, memberships, roles, invitations, sign-in and sessions."""
