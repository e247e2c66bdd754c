"""The site for any WSGI server: `gunicorn lastword.web.wsgi:application`, LASTWORD_PROJECT naming the project's folder."""

import os
from pathlib import Path

from lastword.environment import set_quiet_defaults

set_quiet_defaults(os.environ)

from lastword.project import find_project  # noqa: E402
from lastword.web import site  # noqa: E402

_folder = os.environ.get("LASTWORD_PROJECT")
application = site.application(find_project(Path(_folder) if _folder else None))
site.close_store()  # each process that is forked from this one opens connections of its own
