"""Django's PostgreSQL backend, with the actor announced as the first statement of every transaction.

Outside a transaction no setting exists and the policies show nothing: forgetting a scope fails closed.
"""

from django.db.backends.postgresql import base

from torihiki.tenancy.actor import ANNOUNCE, announcement, current_actor


class DatabaseWrapper(base.DatabaseWrapper):
    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # absent from the stubs
        if not autocommit:
            with self.wrap_database_errors:
                self.connection.execute(ANNOUNCE, announcement(current_actor()))
