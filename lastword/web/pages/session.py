"""Signing in and out, and how a person wants the pages to look."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lastword.web.roles import allows

LOOKS = ("auto", "light", "dark")
DENSITIES = ("dense", "comfortable")
YEAR_SECONDS = 365 * 86_400

sign_in = allows("public")(never_cache(LoginView.as_view(template_name="sign_in.html", redirect_authenticated_user=True)))
sign_out = allows("public")(never_cache(LogoutView.as_view(next_page="sign_in")))


@allows("public")
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Remember light or dark, dense or comfortable, in a cookie of a year. The page itself changes at once by its script."""
    response = HttpResponse(status=204)
    for name, allowed in (("theme", LOOKS), ("density", DENSITIES)):
        if (value := request.POST.get(name)) in allowed:
            response.set_cookie(f"lastword_{name}", value, max_age=YEAR_SECONDS, samesite="Lax")
    return response


routes = (
    path("sign-in", sign_in, name="sign_in"),
    path("sign-out", sign_out, name="sign_out"),
    path("look", look, name="look"),
)
