"""What messages in the queue make workers do.

Every function may be called at any time, several times, and at once with itself.
"""

from jobs import assembly, chunks, search


def search_job(job_id: str) -> None:
    """Find the exposures of a job and have them measured."""
    search.run(job_id)


def run_chunk(chunk_id: int) -> None:
    """Measure a chunk; the worker that does the last one completes the job."""
    chunks.run(chunk_id)


def assemble_job(job_id: str) -> None:
    """Complete a job whose chunks are all done."""
    assembly.run(job_id)
