"""Planning: opens with the first of its tabs."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_GET

from lastword.web.planning_tabs import tabs
from lastword.web.roles import allows


@allows("viewer")
@require_GET
def planning(request: HttpRequest) -> HttpResponse:
    """To the first tab."""
    found = tabs("")
    return HttpResponseRedirect(found[0].href if found else "/")


routes = (path("planning", planning, name="planning"),)
