"""Times and limits of long work."""

from dataclasses import dataclass

HEARTBEAT_SECONDS = 5.0
STALE_SECONDS = 30.0  # without a sign of life for so long, a job's worker counts as dead
POLL_SECONDS = 0.5  # how often cancel is looked for and progress written
DEATHS = 3  # the third death of its worker parks a job

QUEUED, RUNNING, DONE, FAILED, CANCELLED, PARKED = "queued", "running", "done", "failed", "cancelled", "parked"
OPEN = (QUEUED, RUNNING)
ENDED = (DONE, FAILED, CANCELLED, PARKED)


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


KIND_NAMES = {
    "analysis.answer": N_("Work out a report"),
    "collect.check": N_("Look a file through"),
    "collect.load": N_("Load data"),
    "collect.pull": N_("Fetch from a source"),
    "collect.turn": N_("Take a load back or bring it back"),
    "cycle.housekeeping": N_("Keep the house"),
    "cycle.run": N_("Run the cycle"),
    "evaluate.judge": N_("Judge a campaign"),
    "execute.send": N_("Send a campaign"),
    "groups.fit": N_("Find groups of customers"),
    "index.count": N_("Count the customer index"),
    "identify.follow": N_("Move customers with their rep"),
    "identify.recompute": N_("Work out golden values"),
    "plan.count": N_("Count whom a campaign reaches"),
    "plan.submit": N_("Hand a plan in"),
    "privacy.erase": N_("Erase a person"),
    "privacy.notices": N_("Tell results of consent"),
    "privacy.retain": N_("Destroy what is no longer needed"),
    "lists.bulk": N_("Change many rows of a list"),
    "lists.export": N_("Export many rows of a list"),
    "quality.measure": N_("Measure the quality of data"),
    "reports.answer": N_("Work out an answer"),
    "reports.file": N_("Make a file of figures"),
    "reports.send": N_("Send a report by mail"),
    "score.days": N_("Score customers on chosen days"),
    "score.run": N_("Score customers"),
    "segments.follow": N_("Work out segments by new scores"),
    "segments.freeze": N_("Freeze a segment"),
    "segments.list": N_("Bring in a list of customers"),
    "segments.past": N_("Work out past sizes of a segment"),
    "segments.refresh": N_("Work out a segment"),
}
STATE_NAMES = {
    QUEUED: N_("Waiting"),
    RUNNING: N_("Running"),
    DONE: N_("Done"),
    FAILED: N_("Failed"),
    CANCELLED: N_("Cancelled"),
    PARKED: N_("Parked"),
}
UNEXPECTED = N_("Something unexpected went wrong. The details are in the server's log under job {job}.")
DIED = N_("The worker died {deaths} times in this job, so it was set aside. Look into the log, then start it again.")


@dataclass(frozen=True)
class Pace:
    """The times a worker keeps; tests shorten them."""

    heartbeat: float = HEARTBEAT_SECONDS
    stale: float = STALE_SECONDS
    poll: float = POLL_SECONDS


def seconds_left(done: int, total: int | None, elapsed: float) -> int | None:
    """Estimated seconds until the end, from the pace so far; None while too little is known."""
    if not total or done <= 0 or elapsed < 2 or done * 100 < total:
        return None
    return max(0, round(elapsed * (total - done) / done))
