"""The only floor that speaks HTML: public pages, staff pages, security and errors."""
