"""Who may use the application, for admins: add, another role, end access, a link to a new password."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lastword.errors import LastwordError, Refusal
from lastword.web import people
from lastword.web.models import User
from lastword.web.roles import ROLES, allows


@allows("admin")
@never_cache
@require_GET
def users(request: HttpRequest) -> HttpResponse:
    """Everybody, by name."""
    return _list(request)


@allows("admin")
@never_cache
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Somebody new, without a password: the answer shows the link with which they set one."""
    name = request.POST.get("name", "").strip()
    try:
        if any(person.username == name for person in people.people()):
            raise Refusal(f"{name} is there already: change the role in the list, or hand out a new password")
        person = people.save_person(name, request.POST.get("role", ""), None, request.user.username, request.now)
    except LastwordError as error:
        messages.error(request, str(error))
        return _list(request, typed=name, status=400)
    return _with_link(request, person)


@allows("admin")
@require_POST
def role(request: HttpRequest) -> HttpResponse:
    """Another role."""
    name, wanted = _other(request), request.POST.get("role", "")
    person = people.set_role(name, wanted, request.user.username, request.now)
    messages.success(request, f"{person.username} is {person.role} from now on.")
    return HttpResponseRedirect(reverse("users"))


@allows("admin")
@require_POST
def access(request: HttpRequest) -> HttpResponse:
    """End somebody's access with their open sessions, or give it back."""
    name, active = _other(request), request.POST.get("active") == "yes"
    person = people.set_active(name, active, request.user.username, request.now)
    said = "may sign in again" if active else "can't sign in any more, and their open pages are closed"
    messages.success(request, f"{person.username} {said}.")
    return HttpResponseRedirect(reverse("users"))


@allows("admin")
@never_cache
@require_POST
def link(request: HttpRequest) -> HttpResponse:
    """A link to a new password, shown once."""
    person = people.find_person(_other(request))
    if not person.is_active:
        raise Refusal(f"{person.username}'s access has ended: give it back first")
    return _with_link(request, person)


def _other(request: HttpRequest) -> str:
    """Whom a form is about; nobody changes their own access."""
    name: str = request.POST.get("name", "")
    if name == request.user.username:
        raise Refusal("nobody changes their own access: ask another admin")
    return name


def _with_link(request: HttpRequest, person: User) -> HttpResponse:
    path = people.password_link(person, request.user.username, request.now)
    return _list(request, link=request.build_absolute_uri(path), link_for=person.username)


def _list(request: HttpRequest, status: int = 200, **context: object) -> HttpResponse:
    everybody = people.people()
    single = people.names_of_single_sign_on()
    for person in everybody:
        person.single = person.username in single
    context |= {
        "people": everybody,
        "active": sum(person.is_active for person in everybody),
        "roles": ROLES,
        "by_password": request.project.settings.web.password_sign_in,
    }
    return render(request, "users/list.html", context, status=status)


routes = (
    path("users", users, name="users"),
    path("users/add", add, name="user_add"),
    path("users/role", role, name="user_role"),
    path("users/access", access, name="user_access"),
    path("users/link", link, name="user_link"),
)
