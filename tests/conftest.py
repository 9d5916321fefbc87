"""What all tests share."""

import os

# Several workers with several threads each wait for one another at every matrix product; one thread each is far faster.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
