"""A run stops where another living process makes one of its files, and leaves what is there."""

import fcntl

from workflow_copy import copy_of_the_workflow

OUTPUT = "results/tiny/sources/atlas/texts-sw.jsonl"


def test_a_file_that_another_process_makes_is_left_to_it(tmp_path):
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    claims = workflow.folder / ".snakemake/claimed_outputs"
    claims.mkdir(parents=True)
    (workflow.folder / OUTPUT).parent.mkdir(parents=True)
    (workflow.folder / OUTPUT).write_text("{}\n")
    with (claims / "another.outputs").open("w") as claim:
        claim.write(OUTPUT)
        claim.flush()
        fcntl.flock(claim, fcntl.LOCK_EX)
        done = workflow.snakemake("--force", OUTPUT, check=False)
        said = done.stdout + done.stderr
        assert done.returncode != 0
        assert f"{OUTPUT}: another Snakemake process is making it: wait until that has ended" in said
        assert "Traceback" not in said
        assert (workflow.folder / OUTPUT).read_text() == "{}\n"
        # What changes nothing may be asked meanwhile.
        assert workflow.planned("--force", OUTPUT) == {"make_atlas": 1}
    workflow.snakemake("--force", OUTPUT)
    assert (workflow.folder / OUTPUT).read_text() != "{}\n"
