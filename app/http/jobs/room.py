"""What an owner may still send, looked at before a photo is read and while a batch arrives.

It only saves the upload. The quota holds because `JobStore` checks it again where it adds the jobs.
"""

from jobs.quota import Load, Quota, Usage


class Room:
    """The room of one owner, for one request."""

    def __init__(self, quota: Quota, usage: Usage) -> None:
        self._quota, self._usage, self._taken = quota, usage, Load(0, 0, 0)

    def check(self, more: Load) -> None:
        """Raises `QuotaExceeded` where this does not fit beside what was taken."""
        self._quota.check(self._usage, self._taken + more)

    def take(self, more: Load) -> None:
        """This has arrived. Raises `QuotaExceeded`."""
        self.check(more)
        self._taken += more
