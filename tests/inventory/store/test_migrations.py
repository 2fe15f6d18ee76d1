"""The revisions of the database, on both kinds."""

import pytest

from common.errors import UserError
from common.store import open_engine
from inventory.store import Store
from inventory.store.schema import tables


def test_the_revisions_make_the_tables_as_they_are_declared(url):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    Store.open(url).close()
    engine = open_engine("inventory", url)
    metadata = tables().records.metadata
    with engine.connect() as connection:
        options = {"version_table": "inventory_version", "compare_type": True, "target_metadata": metadata}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    assert all(name.startswith("inventory_") for name in metadata.tables)
    assert set(tables()) == set(metadata.tables.values())


def test_a_database_of_a_newer_version_is_refused(url):
    Store.open(url).close()
    engine = open_engine("inventory", url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE inventory_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(UserError, match="another version, 9999, than this program"):
        Store.open(url)
