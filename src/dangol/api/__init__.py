"""The API door: REST under /api/v1 with OpenAPI, one router a room."""

from importlib import import_module

from dangol import __version__
from dangol.api import problems
from dangol.api.frame import Bearer, DangolAPI, StrictParser, known_parameters

# One module of this folder an area, each with a `router`. A new area adds its word here.
AREAS = (
    "analysis", "campaigns", "customers", "feeds", "figures", "groups", "identity", "index", "lifetime",
    "privacy", "quality", "reports", "rfm", "schedules", "schemes", "segments", "sources", "staff", "surveys", "work",
)  # fmt: skip

api = DangolAPI(
    title="Dangol",
    version=__version__,
    description="Everything the pages do. Send `Authorization: Bearer <token>`; make a token on your account page.",
    urls_namespace="api",
    docs_url=None,
    auth=Bearer(),
    parser=StrictParser(),
)
problems.install(api)
api.add_decorator(known_parameters, mode="view")
for area in AREAS:
    api.add_router("", import_module(f"dangol.api.{area}").router)
