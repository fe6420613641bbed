"""Turns of owners: one that submits thousands of jobs does not keep the others waiting.

Each job gets the number of a round when it is submitted, and jobs are begun round by round. An owner has one job in
each round; his first one is in the round that is at its turn.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jobs.store.tables import QUEUED, jobs

# The order in which queued jobs are begun.
PLACE = (jobs.c.turn, jobs.c.created_at, jobs.c.id)


async def next_turn(connection: AsyncConnection, owner: str) -> int:
    """The turn of the owner's next job. Two jobs that he submits at the same moment may get the same one."""
    waiting = select(func.min(jobs.c.turn)).where(QUEUED).scalar_subquery()
    own = select(func.max(jobs.c.turn)).where(QUEUED, jobs.c.owner == owner).scalar_subquery()
    present, last = (await connection.execute(select(waiting, own))).one()
    return max(present or 0, 0 if last is None else last + 1)
