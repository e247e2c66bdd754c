"""Signing in and out, a password of one's own, and how a person wants the pages to look."""

from math import ceil
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lastword.web.people import locked_until
from lastword.web.roles import allows
from lastword.web.settings import YEAR_SECONDS

LOOKS = ("auto", "light", "dark")
DENSITIES = ("dense", "comfortable")


class SignIn(LoginView):
    """By name and password, where `[web] password_sign_in` lets one; beside it the way to single sign-on."""

    template_name = "sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context) | ways_in(self.request)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.project.settings.web.password_sign_in:
            return again(request, "Nobody signs in with a password here. Use single sign-on.", 403)
        return super().post(request, *args, **kwargs)


class NewPassword(PasswordResetConfirmView):
    """Where the link leads that an admin hands out: it works once, and not for somebody whose access has ended."""

    template_name = "users/new_password.html"
    success_url = reverse_lazy("sign_in")

    def get_user(self, uidb64: str) -> Any:
        person = super().get_user(uidb64)
        return person if person is not None and person.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "The password is set. Sign in with it.")
        return super().form_valid(form)


class OwnPassword(PasswordChangeView):
    """Another password; every other session of this person ends."""

    template_name = "users/own_password.html"
    success_url = reverse_lazy("own_password")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is changed. Wherever else you were signed in, you aren't any more.")
        return super().form_valid(form)


sign_in = allows("public")(SignIn.as_view())
sign_out = allows("public")(never_cache(LogoutView.as_view(next_page="sign_in")))
new_password = allows("public")(NewPassword.as_view())
own_password = allows("viewer")(OwnPassword.as_view())


@allows("public")
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Remember light or dark, dense or comfortable, in a cookie of a year. The page itself changes at once by its script."""
    response = HttpResponse(status=204)
    for name, allowed in (("theme", LOOKS), ("density", DENSITIES)):
        if (value := request.POST.get(name)) in allowed:
            response.set_cookie(f"lastword_{name}", value, max_age=YEAR_SECONDS, samesite="Lax", secure=request.is_secure())
    return response


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """What axes shows instead of the answer while a name is locked for an address."""
    until = locked_until(request, (credentials or {}).get("username") or request.POST.get("username", ""))
    minutes = max(1, ceil(((until - request.now).total_seconds() - 1) / 60))
    said = f"Too many wrong passwords. Try again in {minutes} minute{'s' if minutes > 1 else ''}, at {until:%H:%M} UTC."
    return again(request, f"{said} An admin can give you a new password.", 429)


def again(request: HttpRequest, said: str, status: int) -> HttpResponse:
    """The sign-in page with a sentence on why one isn't in."""
    return render(request, "sign_in.html", {"said": said, **ways_in(request)}, status=status)


def ways_in(request: HttpRequest) -> dict[str, Any]:
    """Which ways of signing in the project has."""
    web = request.project.settings.web
    return {"by_password": web.password_sign_in, "single_sign_on": web.single_sign_on}


routes = (
    path("sign-in", sign_in, name="sign_in"),
    path("sign-out", sign_out, name="sign_out"),
    path("new-password/<uidb64>/<token>", new_password, name="new_password"),
    path("password", own_password, name="own_password"),
    path("look", look, name="look"),
)
