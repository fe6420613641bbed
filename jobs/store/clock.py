"""The database's clock, which all processes share, however wrong their own clocks are."""

from typing import Any

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class now(FunctionElement[float]):  # noqa: N801 # a function of SQL, as sqlalchemy.func.now
    """The time at which the statement begins, in seconds since 1970.

    It is the same all through a statement, so that an index can be searched for it.
    """

    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite(element: now, compiler: Any, **options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _postgresql(element: now, compiler: Any, **options: Any) -> str:
    return "date_part('epoch', statement_timestamp())"
