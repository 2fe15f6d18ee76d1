"""Whether anything in the database has changed, told without reading it again."""

import threading
from typing import TYPE_CHECKING

from inventory.store.base import Part

if TYPE_CHECKING:
    from sqlalchemy import PoolProxiedConnection


class Changes(Part):
    """What changes with every change of the store, whoever made it."""

    def __init__(self) -> None:
        super().__init__()
        self._watching = threading.Lock()
        self._watcher: PoolProxiedConnection | None = None
        self._watchers = 0

    def mark(self) -> str:
        """A text that is another one after every committed change, by this process or another.

        Taken before reading, it says later whether what was read still stands. It may change without need.
        """
        if self._engine.dialect.name == "postgresql":
            # Which transactions are seen: equal only where the same ones are.
            with self._engine.connect() as connection:
                return connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()
        with self._watching:
            if self._watcher is None:
                # The number means something to the connection that asks, and only for changes by others
                # (https://sqlite.org/pragma.html#pragma_data_version): one that does nothing else.
                self._watcher = self._engine.raw_connection()
                self._watchers += 1
            [number] = self._watcher.cursor().execute("PRAGMA data_version").fetchone()
            return f"{self._watchers}:{number}"

    def stop_watching(self) -> None:
        """Let go of the connection; the next mark is another one."""
        with self._watching:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None
