"""What goes with a run as a document of its own: its pictures, the page of the validation and the model card."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from lastword.web.kept import kept
from lastword.web.roles import allows
from lastword.web.run_folder import read_folder
from lastword.web.run_pictures import drawn, picture_names

if TYPE_CHECKING:
    from lastword.project import Project

DOCUMENTS = {"validation": "Validation report", "model_card": "Model card"}
"""Pages in the project's docs folder, each of the run that wrote it last."""

CLOSED = {"sandbox": True, "default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "img-src": ["data:"]}
"""A document brings its own styles and nothing else: no script runs, and it reaches nothing of the site."""

_RUN = re.compile(r"\brun (\d{8}T\d{6}Z-[0-9a-f]{4})\b")


@dataclass(frozen=True)
class Document:
    """A page that is there: its title, its address, and the run that wrote it, "" where it doesn't say."""

    title: str
    href: str
    run_id: str


@allows("viewer")
@require_safe
@csp_override(CLOSED)
def document(request: HttpRequest, name: str) -> HttpResponse:
    """A page of the docs folder as it is. 404 where there is none of that name."""
    if name not in DOCUMENTS:
        raise Http404(name)
    try:
        text = (request.project.docs_folder / f"{name}.html").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Http404(name) from None
    return HttpResponse(text)


@allows("viewer")
@require_safe
@csp_override({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"]})
def picture(request: HttpRequest, run_id: str, name: str) -> HttpResponse:
    """A picture of a run as SVG, or as a part of its page. 404 where the run has no such picture."""
    folder = read_folder(request.project, run_id)
    if folder is None or name not in picture_names(folder):
        raise Http404(name)
    stamp = (run_id, (folder.path / "metrics.json").stat().st_mtime_ns)
    svg = kept(request, "pictures of a run", stamp, lambda: drawn(folder)).get(name)
    if svg is None:
        raise Http404(name)
    return HttpResponse(svg, content_type="text/html" if request.htmx else "image/svg+xml")


def documents_of(project: "Project") -> list[Document]:
    """The pages that are there."""
    found = []
    for name, title in DOCUMENTS.items():
        file = project.docs_folder / f"{name}.html"
        try:
            said = _RUN.search(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
        found.append(Document(title, reverse("run_document", args=[name]), said.group(1) if said else ""))
    return found


routes = (
    path("runs/documents/<str:name>", document, name="run_document"),
    path("runs/<str:run_id>/pictures/<str:name>", picture, name="run_picture"),
)
