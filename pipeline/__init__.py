"""The pipeline of one photo, from bytes to the restored picture. It knows nothing of HTTP.

No library that it loads may write a file or contact a host. Two do unless the environment forbids it before they are
imported. That is done here because Python runs this file before every other module of the package.
"""

import os

# onnxruntime collects facts about the machine in files under ~/.cache, with an id of the machine, and sends them to
# Microsoft: see Privacy.md in its wheel.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# torchvision imports torch's compiler, which then makes a folder for compiled code in the temporary folder. Nothing is
# compiled here, and a folder that exists already is not made.
os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", os.sep)
