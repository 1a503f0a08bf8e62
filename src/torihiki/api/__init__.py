"""The kit of the REST API: operations, their reading and their problems, cursors, and the document that describes them.

It knows only `request.actor`. An operation is declared beside its feature (`exchange/api`), and reached through
`ledger.endpoints`, the API's door.
"""
