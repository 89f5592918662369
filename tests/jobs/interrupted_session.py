"""A session for tests/jobs/test_session_end.py to end: it starts a server and a service, then waits to be killed."""

import os
import time
from pathlib import Path


def test_that_never_ends(stack, server_url):
    stack.services.address("cluster")
    Path(os.environ["READY_FILE"]).touch()
    time.sleep(600)
