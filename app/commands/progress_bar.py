"""Progress bars in the terminal: tqdm, with a lock for the threads of this process only.

The lock that tqdm makes by itself is one between processes too, and for it Python writes a file into /dev/shm.
"""

from threading import RLock

from tqdm import tqdm

tqdm.set_lock(RLock())

__all__ = ["tqdm"]
