"""Work in a process of its own, with a small program that tells how far it is."""

import os
import signal
from types import SimpleNamespace

import pytest

import common
from common.errors import UserError
from common.jobs import Job, StatusFile

PROGRAM = """
import os, sys, time
from common.jobs import StatusFile
told = StatusFile(sys.argv[-1], share=0.0)
if "fail" in sys.argv:
    sys.exit("no paper")
for step in range(600):
    if told.stopped or "quick" in sys.argv:
        told.update(state="stopped" if told.stopped else "done", share=1.0, message=os.environ.get("GREETING", ""))
        break
    time.sleep(0.1)
"""


@pytest.fixture
def job(tmp_path):
    (tmp_path / "house" / "worker").mkdir(parents=True)
    (tmp_path / "house" / "worker" / "__init__.py").touch()
    (tmp_path / "house" / "worker" / "run.py").write_text(PROGRAM)
    return Job(tmp_path / "data", "count")


@pytest.fixture
def start(job, tmp_path):
    packages = (SimpleNamespace(__file__=str(tmp_path / "house" / "worker" / "__init__.py")), common)
    return lambda *arguments, **more: job.start("worker.run", arguments, packages, **more)


def test_work_is_done_and_told(job, start):
    assert job.status()["state"] == "none"
    first = start("quick", first={"share": 0.0}, environment={"GREETING": "hello"})
    assert first["state"] == "running" and first["share"] == 0
    done = job.wait(30)
    assert (done["state"], done["share"], done["message"]) == ("done", 1.0, "hello")


def test_one_runs_at_a_time_and_can_be_stopped(job, start):
    with pytest.raises(UserError, match="No count runs"):
        job.stop()
    start()
    with pytest.raises(UserError, match="A count runs already"):
        start()
    assert job.stop()["message"] == "Stopping after this step."
    assert job.wait(30)["state"] == "stopped"


def test_one_that_ended_by_itself_has_failed_with_its_last_words(job, start):
    start("fail")
    done = job.wait(30)
    assert (done["state"], done["message"]) == ("failed", "no paper")
    killed = start()
    os.kill(killed["process"], signal.SIGKILL)
    assert job.wait(30)["state"] == "failed"
    start("quick")  # the way is free
    assert job.wait(30)["state"] == "done"


def test_a_status_without_a_file_is_kept_in_memory():
    told = StatusFile(None, share=0.0)
    told.update(share=0.5)
    assert told.status["share"] == 0.5 and told.status["process"] == os.getpid() and not told.stopped
