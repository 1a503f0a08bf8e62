"""Pure functions over money, dates, identifiers and canonical JSON: no database, no settings, no clock."""
