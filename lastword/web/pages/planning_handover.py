"""The hand-over: the package of the publication, made on request, whole and file by file; and what goes to Salesforce."""

import os
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from lastword.errors import ConfigurationError
from lastword.handover.package import MANIFEST
from lastword.web.background import DONE, RUNNING, Progress
from lastword.web.kept import kept, state_of
from lastword.web.packager import PACKAGING, Package, packages
from lastword.web.planning_tabs import tabs
from lastword.web.roles import allows
from overrides.events import EXPORT, record
from overrides.publish import RunRecord, current_run
from overrides.salesforce_pushes import ACCEPTED, FAILED, SENT, UNKNOWN, last_push

ABOUT = {
    "handover.xlsx": "A workbook: a summary with charts, accounts and totals with filters",
    "summary.pdf": "The figures and charts on a page or two",
    "accounts.csv": "One row per account",
    "accounts.parquet": "The same for programs",
    "segments.csv": "Totals by region, segment, grade and tier",
    "segments.parquet": "The same for programs",
    "salesforce.csv": "One row per account, keyed for Salesforce",
}
TYPES = {
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}
WHOLE = "package.zip"
OUTCOMES = {
    ACCEPTED: "taken",
    FAILED: "refused",
    SENT: "in a job whose end isn’t known",
    UNKNOWN: "in a job that Salesforce has forgotten",
}


@allows("viewer")
@require_safe
def handover(request: HttpRequest) -> HttpResponse:
    """The package of the current publication, older ones, and Salesforce."""
    run = current_run()
    if run is None:
        return render(request, "overview/nothing.html")
    work = PACKAGING.progress(request.project, request.now)
    made = packages(request.project)
    current = next((each for each in made if each.run_id == run.run_id), None)
    context = {
        "tabs": tabs("planning_handover"),
        "run": run,
        "package": current,
        "files": [] if current is None else _files(current),
        "hrefs": {} if current is None else _hrefs(current),
        "moved": current is not None and (current.manifest["ledger_entry"] or 0) != state_of(request).entry_id,
        "older": [(each, _href(each, WHOLE)) for each in made if each is not current],
        **(_working(request, work) if work is not None and work.state != DONE else {}),
        **_salesforce(request, run),
    }
    return render(request, "planning/handover.html", context)


@allows("reviewer")
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Begin to make the package; the page then shows how far it is."""
    PACKAGING.start(request.project, request.user.username, request.now)
    return HttpResponseRedirect(reverse("planning_handover"))


@allows("viewer")
@require_GET
def working(request: HttpRequest) -> HttpResponse:
    """How far it is, for the page that waits for it; once it is over, the page is to load itself again."""
    found = PACKAGING.progress(request.project, request.now)
    if found is None or found.state != RUNNING:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "planning/packaging.html", _working(request, found))


@allows("viewer")
@require_GET
def handover_file(request: HttpRequest) -> HttpResponse:
    """A package whole, or one file of it: package=handover-RUN.zip, name=accounts.csv. 404 where there is no such."""
    package, name = request.GET.get("package", ""), request.GET.get("name", WHOLE)
    found = next((each for each in packages(request.project) if each.name == package), None)
    if found is None or name not in (WHOLE, MANIFEST, *found.manifest["files"]):
        raise Http404(package)
    file = found.path.open("rb") if name == WHOLE else found.file(name)
    said = f"Downloads {'the whole package' if name == WHOLE else name} of the hand-over of run {found.run_id}"
    details = {"run_id": found.run_id, "file": name, **found.manifest["files"].get(name, {})}
    record(EXPORT, request.user.username, "hand-over", said, request.now, details)
    called = found.name if name == WHOLE else f"{found.run_id}-{name}"
    return FileResponse(file, as_attachment=True, filename=called, content_type=TYPES[name.rpartition(".")[2]])


def _files(package: Package) -> list[dict[str, Any]]:
    """The files as the manifest has them, those for people first, each with what it is and where it comes from."""
    given = package.manifest["files"]
    names = [*(name for name in ABOUT if name in given), *(name for name in given if name not in ABOUT)]
    files = [{"name": name, "about": ABOUT.get(name, ""), **given[name], "href": _href(package, name)} for name in names]
    manifest = {"name": MANIFEST, "about": "What it was made of, and a checksum of every file", "rows": None, "bytes": None}
    return [*files, {**manifest, "sha256": "", "href": _href(package, MANIFEST)}]


def _hrefs(package: Package) -> dict[str, str]:
    return {"whole": _href(package, WHOLE), "workbook": _href(package, "handover.xlsx"), "summary": _href(package, "summary.pdf")}


def _href(package: Package, name: str) -> str:
    return f"{reverse('planning_handover_file')}?{urlencode({'package': package.name, 'name': name})}"


def _working(request: HttpRequest, work: Progress) -> dict[str, Any]:
    return {"work": work, "running": work.state == RUNNING, "seconds": work.seconds(request.now)}


def _salesforce(request: HttpRequest, run: RunRecord) -> dict[str, Any]:
    """What the last push did and, where it is asked for, what one would do now; Salesforce itself isn't asked."""
    from lastword.salesforce.client import instance_address

    last, settings = last_push(), request.project.settings
    try:
        address, lacks = instance_address(os.environ), ""
    except ConfigurationError as error:
        address, lacks = "", str(error)
    set_up = bool(address) or last is not None or "salesforce" in settings.model_fields_set
    rehearsed = None
    if address and "rehearsal" in request.GET:
        rests_on = (state_of(request), address, settings.salesforce, None if last is None else (last.push_id, last.outcomes))
        rehearsed = kept(request, "rehearsal", rests_on, lambda: _rehearsed(request, address))
    return {
        "salesforce": settings.salesforce,
        "set_up": set_up,
        "lacks": lacks,
        "last": last,
        "outcomes": []
        if last is None
        else [(said, last.outcomes[name]) for name, said in OUTCOMES.items() if name in last.outcomes],
        "rehearsed": rehearsed,
    }


def _rehearsed(request: HttpRequest, address: str) -> dict[str, Any]:
    from lastword.salesforce.push import rehearse

    found = rehearse(request.project, address, request.now)
    heads = list(found.first[0]) if found.first else []
    return {
        "target": found.target,
        "accounts": found.accounts,
        "changed": found.changed,
        "waiting": found.waiting,
        "heads": heads,
        "rows": [list(row.values()) for row in found.first],
    }


routes = (
    path("planning/handover", handover, name="planning_handover"),
    path("planning/handover/make", make, name="planning_handover_make"),
    path("planning/handover/working", working, name="planning_handover_working"),
    path("planning/handover/file", handover_file, name="planning_handover_file"),
)
