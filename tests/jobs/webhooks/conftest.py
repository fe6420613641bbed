"""The stores of the tests of the table."""

from tests.jobs.store.conftest import anyio_backend, database, store  # noqa: F401 # fixtures
