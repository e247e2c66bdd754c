"""The API for planners and CRMs, under /api/v1/: the final table, overrides in and out, runs. See docs/api.md.

Every operation checks a bearer token of its own (authentication.py); no session or cookie counts here. What goes wrong is
answered as a problem in JSON (problems.py).
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, register_converter, reverse
from django.urls.converters import StringConverter
from ninja import NinjaAPI
from ninja.operation import Operation

from lastword.web.api import final_scores, overrides, problems, rescore, runs
from lastword.web.api.parsing import StrictParser
from lastword.web.api.reference import Reference
from lastword.web.roles import allows

NAMESPACE = "api"


class Api(NinjaAPI):
    """Operations are called what their functions are: a client that is generated reads better."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return str(operation.view_func.__name__)


api = Api(
    title="Lastword API",
    version="1",
    description="Final scores for planners, overrides in and out, and the runs behind them.",
    urls_namespace=NAMESPACE,
    docs=Reference(),
    parser=StrictParser(),
)
api.add_router("", final_scores.router)
api.add_router("", overrides.router)
api.add_router("", runs.router)
api.add_router("", rescore.router)
problems.handle(api)


@allows("public")
def home(request: HttpRequest) -> HttpResponse:
    """To the reference."""
    return HttpResponseRedirect(reverse(f"{NAMESPACE}:openapi-view"))


@allows("public")
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """An address that the API doesn't have, said as the API says things."""
    return problems.problem("unknown", f"there is no {request.path}: see /api/v1/docs")


class Anything(StringConverter):
    """Line ends too."""

    regex = r"[\s\S]+"


register_converter(Anything, "anything")
nothing_here.csrf_exempt = True  # type: ignore[attr-defined]

_patterns, _app, _ = api.urls
routes = (
    path("api/v1/", home),
    path("api/v1/", ([problems.guarded(pattern) for pattern in _patterns], _app, NAMESPACE)),
    path("api/v1/<anything:rest>", nothing_here),
)
