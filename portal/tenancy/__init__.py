"""Who is served: networks, structures, sites, teams, agreements, calendars and policies."""
