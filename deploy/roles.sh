#!/bin/sh
# Runs once, when the cluster is made: the role that owns the schema, and the role that serves and owns nothing.
set -eu
psql --username postgres --set ON_ERROR_STOP=1 --set owner="$OWNER_PASSWORD" --set app="$APP_PASSWORD" <<'SQL'
create role portal_owner login password :'owner';
create role portal_app login password :'app' nosuperuser nocreatedb nocreaterole nobypassrls;
create database portal owner portal_owner;
revoke connect on database portal from public;
grant connect on database portal to portal_app;
SQL
