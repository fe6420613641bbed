"""Photos and results in an object store: a folder, memory, S3, Google Cloud Storage or Azure, through obstore."""

from jobs.objects.errors import BadObjectsUrl, ObjectMissing, ObjectTooLarge, RangeOutside
from jobs.objects.store import Download, Entry, ObjectStore
from jobs.objects.urls import open_objects

__all__ = [
    "BadObjectsUrl",
    "Download",
    "Entry",
    "ObjectMissing",
    "ObjectStore",
    "ObjectTooLarge",
    "RangeOutside",
    "open_objects",
]
