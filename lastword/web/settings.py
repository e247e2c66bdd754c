"""Django's settings of the review application, made from a project's. Nothing here is read from the network or a module."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import refuse_os_error

if TYPE_CHECKING:
    from lastword.project import Project
    from lastword.settings import SingleSignOn, Web

HERE = Path(__file__).parent
LARGEST_BODY_BYTES = 5 * 1024 * 1024
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
SECRET_VARIABLE = "LASTWORD_OIDC_SECRET"
FAILURES, LOCKED_FOR = 5, timedelta(minutes=15)
"""So many wrong passwords for one name from one address, and it has to wait so long."""

LINK_SECONDS = 3 * 86_400
PASSWORD_LENGTH = 12
YEAR_SECONDS = 365 * 86_400
CACHE_ENTRIES = 2000

INSTALLED_APPS = (
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "overrides",
    "lastword.web",  # before axes: it hears of a wrong password before axes locks the name
    "axes",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
)

MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "lastword.web.static_files.Compression",
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
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
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
        "DATABASES": {"default": database},
        "INSTALLED_APPS": list(INSTALLED_APPS),
        "MIDDLEWARE": list(MIDDLEWARE),
        "ROOT_URLCONF": "lastword.web.urls",
        "TEMPLATES": [_templates()],
        "AUTH_USER_MODEL": "web.User",
        "LOGIN_URL": "sign_in",
        "LOGIN_REDIRECT_URL": "/",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": LARGEST_BODY_BYTES,
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": False,
        "LOGGING_CONFIG": None,
        "CACHES": {"default": _cache()},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "CSRF_FAILURE_VIEW": "lastword.web.pages.errors.csrf_failed",
        **_headers(),
        **_passwords(),
        **_throttling(),
        **_single_sign_on(),
        **_static_files(),
        **settings_of_web(project.settings.web),
    }


def settings_of_web(web: "Web") -> dict[str, Any]:
    """What `[web]` of lastword.toml decides, by Django names: set anew whenever a process turns to another project."""
    return {
        "ALLOWED_HOSTS": [*LOCAL_HOSTS, *web.hosts],
        "SESSION_COOKIE_AGE": round(web.session_hours * 3600),
        "SESSION_COOKIE_SECURE": web.https,
        "CSRF_COOKIE_SECURE": web.https,
        "SECURE_SSL_REDIRECT": web.https,
        "SECURE_HSTS_SECONDS": YEAR_SECONDS if web.https else 0,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if web.proxies else None,
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": _provider(web.single_sign_on)},
    }


def _provider(single_sign_on: "SingleSignOn | None") -> dict[str, Any]:
    """allauth's settings of the one provider."""
    provider: dict[str, Any] = {"provider_class": "lastword.web.single_sign_on.Provider", "OAUTH_PKCE_ENABLED": True}
    if single_sign_on is None:
        return provider | {"APPS": []}
    app = {
        "provider_id": "single-sign-on",
        "name": single_sign_on.name,
        "client_id": single_sign_on.client_id,
        "secret": os.environ.get(SECRET_VARIABLE, ""),
        "settings": {"server_url": single_sign_on.issuer.rstrip("/")},
    }
    return provider | {"APPS": [app]}


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


def _headers() -> dict[str, Any]:
    return {
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SAMESITE": "Lax",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CSP": CONTENT_SECURITY_POLICY,
        "X_FRAME_OPTIONS": "DENY",
    }


def _passwords() -> dict[str, Any]:
    validators = "django.contrib.auth.password_validation"
    return {
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"{validators}.UserAttributeSimilarityValidator"},
            {"NAME": f"{validators}.MinimumLengthValidator", "OPTIONS": {"min_length": PASSWORD_LENGTH}},
            {"NAME": f"{validators}.CommonPasswordValidator"},
            {"NAME": f"{validators}.NumericPasswordValidator"},
        ],
        "PASSWORD_RESET_TIMEOUT": LINK_SECONDS,
        "AUTHENTICATION_BACKENDS": ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"],
    }


def _throttling() -> dict[str, Any]:
    """django-axes: by name and address together, so that nobody is locked out by what others try from elsewhere."""
    return {
        "AXES_FAILURE_LIMIT": FAILURES,
        "AXES_COOLOFF_TIME": LOCKED_FOR,
        "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
        "AXES_CLIENT_IP_CALLABLE": "lastword.web.access.address_of",
        "AXES_LOCKOUT_CALLABLE": "lastword.web.pages.session.locked_out",
        "AXES_RESET_ON_SUCCESS": True,
        "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
        "AXES_DISABLE_ACCESS_LOG": True,  # sign-ins are events: see sign_ins.py
        "AXES_ENABLE_ADMIN": False,
        "AXES_VERBOSE": False,
    }


def _single_sign_on() -> dict[str, Any]:
    """allauth does the OpenID Connect dance and nothing else: no sign-up, no mail, no pages of its own."""
    return {
        "SOCIALACCOUNT_ADAPTER": "lastword.web.single_sign_on.Admission",
        "ACCOUNT_ADAPTER": "lastword.web.single_sign_on.Quiet",
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_EMAIL_REQUIRED": False,
        "SOCIALACCOUNT_REQUESTS_TIMEOUT": 10,
        "ACCOUNT_SIGNUP_FIELDS": ["username*"],
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_RATE_LIMITS": False,
    }


def _cache() -> dict[str, Any]:
    """What kept.py keeps, in each process for itself; what was asked for longest ago goes first."""
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": CACHE_ENTRIES}}


def _static_files() -> dict[str, Any]:
    return {
        "STATIC_URL": "/static/",
        "STATICFILES_DIRS": [HERE / "static"],
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": False,
        "WHITENOISE_MAX_AGE": YEAR_SECONDS,  # every address carries its content's digest: see static_files.py
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "lastword.web.static_files.VersionedFiles"},
        },
    }
