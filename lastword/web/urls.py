"""Every address of the site: a module of pages/ that has addresses lists them in `routes`, and the API's."""

from importlib import import_module
from pkgutil import iter_modules

from django.urls import URLPattern, URLResolver

from lastword.web import api, pages
from lastword.web.pages import errors


def _routes() -> list[URLPattern | URLResolver]:
    names = sorted(module.name for module in iter_modules(pages.__path__))
    modules = [import_module(f"{pages.__name__}.{name}") for name in names]
    return [route for module in modules for route in getattr(module, "routes", ())]


urlpatterns = [*api.routes, *_routes()]
handler400 = errors.bad_request
handler404 = errors.not_found
handler500 = errors.server_error
