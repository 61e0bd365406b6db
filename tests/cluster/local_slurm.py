"""A real Slurm of one node on this machine: munged, slurmctld and slurmd as plain processes, for the cluster tests.

It writes ``/etc/slurm/slurm.conf``, for Snakemake's plugin drops ``SLURM_CONF`` inside jobs, and takes the file away
again: with a ``slurm.conf`` whose controller is down every later start of Snakemake would be slow. A machine that has
one already has its own Slurm, which these tests leave alone.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

CONF = Path("/etc/slurm/slurm.conf")
GRES = Path("/etc/slurm/gres.conf")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")

# By this line a file that a killed test run left behind is told from that of a machine's own Slurm.
_MARK = "# Made by the cluster tests of this workflow."
_CONF = """\
{mark}
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
CommunicationParameters=NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPort={port}
SlurmdPort={node_port}
# The node offers more processors than the machine may have: what is tested is the queue, not the speed.
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# A job over its memory is killed within about a second. There is no accounting, as on many small clusters.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
# squeue, which is asked where there is no accounting, remembers ended jobs so long.
MinJobAge=3600
GresTypes=gpu
ReturnToService=2
KillWait=2
OverTimeLimit=0
SchedulerParameters=batch_sched_delay=1,sched_interval=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES MaxTime=1440 State=UP
PartitionName=gpu Nodes=ALL MaxTime=1440 State=UP
"""


def why_not() -> str | None:
    """Return why a Slurm of our own cannot be started here, or None where it can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if missing:
        return f"Slurm is not installed ({', '.join(missing)} missing): apt-get install slurm-wlm munge"
    if os.geteuid() != 0:
        return "starting a Slurm takes root"
    if CONF.exists() and not CONF.read_text(encoding="utf-8").startswith(_MARK):
        return f"{CONF} exists: this machine has a Slurm of its own"
    return None


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return as soon as ``condition`` holds; raise TimeoutError, which names ``what``, after ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s until {what}")
        time.sleep(0.2)


class LocalSlurm:
    """Daemons of one cluster, with their files in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._host = socket.gethostname().split(".")[0]
        self._daemons: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> "LocalSlurm":
        """Start everything and wait until the node takes jobs."""
        self.folder.mkdir(parents=True)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        (self.folder / "gpu").touch()  # the GPU is a plain file: nothing here computes on it
        CONF.parent.mkdir(exist_ok=True)
        GRES.write_text(f"Name=gpu File={self.folder}/gpu\n", encoding="utf-8")
        CONF.write_text(
            _CONF.format(
                mark=_MARK,
                host=self._host,
                folder=self.folder,
                port=_free_port(),
                node_port=_free_port(),
                memory=memory,
            ),
            encoding="utf-8",
        )
        try:
            self.start("munged")
            self.start("slurmctld")
            self.start("slurmd")
            wait_until(lambda: self.node_state().startswith("IDLE"), "the node is idle")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything, whatever still runs in it, and take the two files away."""
        if "slurmctld" in self._daemons:
            subprocess.run(["scancel", "--user=root", "--quiet"], timeout=30, check=False, capture_output=True)
        for name in ("slurmd", "slurmctld", "munged"):
            self.stop(name)
        CONF.unlink(missing_ok=True)
        GRES.unlink(missing_ok=True)

    def start(self, daemon: str) -> None:
        """Start one daemon in the foreground of a process of ours."""
        flags = {
            "munged": [
                "--foreground",
                "--force",
                f"--socket={self.folder}/munge.socket",
                f"--key-file={self.folder}/munge.key",
                f"--pid-file={self.folder}/munged.pid",
                f"--log-file={self.folder}/munged.log",
                f"--seed-file={self.folder}/munged.seed",
            ],
            "slurmctld": ["-D", "-i"],
            "slurmd": ["-D"],
        }[daemon]
        path = shutil.which(daemon, path=f"{os.environ['PATH']}:/usr/sbin")
        with (self.folder / f"{daemon}.out").open("ab") as output:
            self._daemons[daemon] = subprocess.Popen([path, *flags], stdout=output, stderr=output)
        ready = {
            "munged": lambda: (self.folder / "munge.socket").exists(),
            "slurmctld": lambda: subprocess.run(["scontrol", "ping"], capture_output=True, check=False).returncode == 0,
            "slurmd": lambda: True,
        }[daemon]
        wait_until(ready, f"{daemon} is up")

    def stop(self, daemon: str) -> None:
        """Stop one daemon, as a service manager does, and wait for its end."""
        process = self._daemons.pop(daemon, None)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def node_state(self) -> str:
        """Return the node's state as scontrol names it: IDLE, MIXED, ALLOCATED, IDLE+DRAIN, …"""
        shown = subprocess.run(["scontrol", "show", "node", self._host], capture_output=True, text=True, check=False)
        states = [word.removeprefix("State=") for word in shown.stdout.split() if word.startswith("State=")]
        return states[0] if states else "unknown"

    def set_node(self, state: str) -> None:
        """Drain or resume the node."""
        reason = ["Reason=test"] if state == "drain" else []
        subprocess.run(
            ["scontrol", "update", f"NodeName={self._host}", f"State={state}", *reason], check=True, capture_output=True
        )

    def jobs(self) -> list[dict[str, str]]:
        """Return every job that the controller remembers: its id, state and comment (rule and wildcards)."""
        shown = subprocess.run(
            ["squeue", "--noheader", "--states=all", "--format=%i|%T|%r|%k"], capture_output=True, text=True, check=True
        )
        return [
            dict(zip(("id", "state", "reason", "comment"), line.split("|", 3), strict=True))
            for line in shown.stdout.splitlines()
        ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
