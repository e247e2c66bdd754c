"""Django's settings of the review application, made from a project's. Nothing here is read from the network or a module."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import refuse_os_error

if TYPE_CHECKING:
    from lastword.project import Project

HERE = Path(__file__).parent
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")

INSTALLED_APPS = (
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "overrides",
    "lastword.web",
)

MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lastword.web.access.project_middleware",
    "lastword.web.pages.errors.StatedErrorsMiddleware",
    "lastword.web.access.AccessMiddleware",
)

CONTENT_SECURITY_POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


def settings_of(project: "Project", database: dict[str, Any]) -> dict[str, Any]:
    """Every setting by its Django name, for a store that `database` leads to.

    Raises
    ------
    Refusal : the project's folder can't hold the key that signs the sessions.
    """
    return {
        "LASTWORD_PROJECT": project,
        "SECRET_KEY": secret_key(project.state_folder),
        "DEBUG": False,
        "ALLOWED_HOSTS": list(LOCAL_HOSTS),
        "DATABASES": {"default": database},
        "INSTALLED_APPS": list(INSTALLED_APPS),
        "MIDDLEWARE": list(MIDDLEWARE),
        "ROOT_URLCONF": "lastword.web.urls",
        "TEMPLATES": [_templates()],
        "AUTH_USER_MODEL": "web.User",
        "LOGIN_URL": "sign_in",
        "LOGIN_REDIRECT_URL": "/",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": False,
        "LOGGING_CONFIG": None,
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "CSRF_FAILURE_VIEW": "lastword.web.pages.errors.csrf_failed",
        **_cookies(),
        **_static_files(),
    }


def secret_key(state_folder: Path) -> str:
    """The key that signs sessions: made once, in a file that its owner alone may read."""
    path = state_folder / "web_secret"
    try:
        state_folder.mkdir(parents=True, exist_ok=True)
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            if key := path.read_text(encoding="utf-8").strip():
                return key
        path.write_text(secrets.token_urlsafe(48) + "\n", encoding="utf-8")
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise refuse_os_error(error, path) from error


def _templates() -> dict[str, Any]:
    processors = ("django.template.context_processors.request", "django.contrib.auth.context_processors.auth")
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "context_processors": [
                *processors,
                "django.contrib.messages.context_processors.messages",
                "lastword.web.navigation.context",
            ],
            "builtins": ["lastword.web.templatetags.shown"],
        },
    }


def _cookies() -> dict[str, Any]:
    return {
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SAMESITE": "Lax",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CSP": CONTENT_SECURITY_POLICY,
        "X_FRAME_OPTIONS": "DENY",
    }


def _static_files() -> dict[str, Any]:
    return {
        "STATIC_URL": "/static/",
        "STATICFILES_DIRS": [HERE / "static"],
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": False,
        "WHITENOISE_MAX_AGE": 3600,
    }
