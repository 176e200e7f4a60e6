"""The schemes customers are scored by: the company's over all purchases, and those of channels."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Problem, Strict, caller
from dangol.api.rfm import Channel
from dangol.insight.score import actions, reads
from dangol.insight.score.reads import channels
from dangol.insight.score.rules import LONGEST_WINDOW_DAYS, Axis, RfmScheme
from dangol.staff.reads import require
from dangol.staff.rules import Right

router = Router(tags=["rfm"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 422, 429, 503}): Problem}
Cut = Annotated[int, Field(ge=0, le=10**15)]
Weight = Annotated[float, Field(ge=0, le=1000)]


class AxisIn(Strict):
    """An axis. cut_points: for the method fixed, groups - 1 ascending numbers (days, orders, minor units)."""

    groups: Annotated[int, Field(ge=2, le=9)] = 5
    method: Literal["quantile", "fixed"] = "quantile"
    cut_points: Annotated[list[Cut], Field(max_length=8)] = []
    high_from: Annotated[int, Field(ge=0, le=9)] = 0
    weight: Weight = 1.0


class SchemeIn(Strict):
    """A scheme to try or publish. window_days: null for all history."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    r: AxisIn = AxisIn()
    f: AxisIn = AxisIn()
    m: AxisIn = AxisIn()
    window_days: Annotated[int, Field(ge=1, le=LONGEST_WINDOW_DAYS)] | None = None


class SchemeOut(Schema):
    """A scheme with its version; cut points of quantile axes are filled in once it has been scored with."""

    name: str
    version: int
    window_days: int | None
    axes: dict[str, AxisIn]
    cut_on: date | None = None
    scored: bool = False


class PreviewOut(Schema):
    """What a scheme would make of today's customers: customers per segment and per score of each axis."""

    as_of: date
    customers: int
    segments: dict[str, int]
    axes: dict[str, dict[str, int]]
    scheme: SchemeOut


class PublishedOut(Schema):
    """The new version and the job that scores by it."""

    version: int
    job_id: int


@router.get("/rfm/scheme", response={200: SchemeOut, **FAILURES}, operation_id="scheme",
            summary="The scoring scheme in force")  # fmt: skip
def scheme(request: HttpRequest, channel: Channel = "") -> Any:
    """How customers are scored, by the company's scheme or that of a channel."""
    require(caller(request), Right.INSIGHT_VIEW)
    view = reads.scheme(channel)
    return _scheme_out(view.scheme) | {"cut_on": view.cut_on, "scored": view.scored}


@router.post("/rfm/scheme/preview", response={200: PreviewOut, **FAILURES}, operation_id="preview_scheme",
             summary="Try a scheme")  # fmt: skip
def preview_scheme(request: HttpRequest, body: SchemeIn, channel: Channel = "") -> Any:
    """What a scheme would make of today's customers; saves nothing."""
    require(caller(request), Right.INSIGHT_VIEW)
    seen = reads.preview(_scheme(body), channel)
    axes = {code: {str(score): count for score, count in sizes.items()} for code, sizes in seen.axes.items()}
    return {"as_of": seen.as_of, "customers": seen.customers, "segments": seen.segments, "axes": axes,
            "scheme": _scheme_out(seen.scheme)}  # fmt: skip


@router.post("/rfm/scheme", response={202: PublishedOut, **FAILURES}, operation_id="publish_scheme",
             summary="Publish a scheme")  # fmt: skip
def publish_scheme(request: HttpRequest, body: SchemeIn, channel: Channel = "") -> Any:
    """Publish a scheme as the next version, the company's or a channel's, and score all customers by it."""
    version, job_id = actions.save_scheme(by=caller(request), scheme=_scheme(body), channel=channel)
    return Status(202, {"version": version, "job_id": job_id})


class VersionOut(Schema):
    """A published version. changes: what differs from the version before, on an axis (r, f, m) or the whole ("")."""

    scheme: SchemeOut
    by: str
    changes: list[dict[str, Any]]


class VersionsOut(Schema):
    """All published versions, newest first."""

    versions: list[VersionOut]


@router.get("/rfm/scheme/versions", response={200: VersionsOut, **FAILURES}, operation_id="scheme_versions",
            summary="All versions of the scheme")  # fmt: skip
def scheme_versions(request: HttpRequest, channel: Channel = "") -> Any:
    """Every version that was ever published, and what changed."""
    require(caller(request), Right.INSIGHT_VIEW)
    return {"versions": [{"scheme": _scheme_out(one.scheme) | {"cut_on": one.cut_on}, "by": one.by,
                          "changes": [asdict(change) for change in one.changes]}
                         for one in reads.scheme_versions(channel)]}  # fmt: skip


@router.post("/rfm/scheme/versions/{int:version}/use", response={202: PublishedOut, **FAILURES},
             operation_id="use_scheme_again", summary="Use a version again")  # fmt: skip
def use_scheme_again(request: HttpRequest, version: int, channel: Channel = "") -> Any:
    """Publish an earlier version once more, with the cut points it had, and score all customers by it."""
    made, job_id = actions.use_scheme_again(by=caller(request), version=version, channel=channel)
    return Status(202, {"version": made, "job_id": job_id})


class ChannelOut(Schema):
    """A channel of purchases: who bought in it, its share of all sales 0..1, and whether it has its own scheme."""

    name: str
    customers: int
    share: float
    has_scheme: bool


class ChannelsOut(Schema):
    """All channels of the purchases, most sales first."""

    channels: list[ChannelOut]


class ChannelIn(Strict):
    """A channel by its name."""

    channel: Annotated[str, Field(min_length=1, max_length=60)]


@router.get("/rfm/channels", response={200: ChannelsOut, **FAILURES}, operation_id="rfm_channels",
            summary="Channels and their schemes")  # fmt: skip
def rfm_channels(request: HttpRequest) -> Any:
    """The channels of the purchases, and which of them have a scheme of their own."""
    require(caller(request), Right.INSIGHT_VIEW)
    return {"channels": channels.of_purchases()}


@router.post("/rfm/channels", response={202: PublishedOut, **FAILURES}, operation_id="give_channel_scheme",
             summary="Give a channel its own scheme")  # fmt: skip
def give_scheme(request: HttpRequest, body: ChannelIn) -> Any:
    """Score the customers of a channel by a scheme of its own, which begins like the company's."""
    version, job_id = actions.give_scheme(by=caller(request), channel=body.channel)
    return Status(202, {"version": version, "job_id": job_id})


@router.post("/rfm/channels/withdraw", response={204: None, **FAILURES}, operation_id="withdraw_channel_scheme",
             summary="Withdraw a channel's scheme")  # fmt: skip
def withdraw_scheme(request: HttpRequest, body: ChannelIn) -> Any:
    """Score nobody by a channel's scheme any more; its versions stay."""
    actions.withdraw_scheme(by=caller(request), channel=body.channel)
    return Status(204, None)


def _scheme(body: SchemeIn) -> RfmScheme:
    """The scheme a body describes. Raises BadInput."""
    axes = {
        code: Axis(**{**getattr(body, code).dict(), "cut_points": tuple(getattr(body, code).cut_points)})
        for code in ("r", "f", "m")
    }
    return RfmScheme(name=body.name, window_days=body.window_days, r=axes["r"], f=axes["f"], m=axes["m"])


def _scheme_out(found: RfmScheme) -> dict[str, Any]:
    axes = {code: axis for code, axis in found.as_dict().items() if code in found.axes}
    return {"name": found.name, "version": found.version, "window_days": found.window_days, "axes": axes}
