"""Sends a digest: as an e-mail over SMTP, as JSON to a webhook. What goes wrong is a refusal that tells no secret."""

import hashlib
import hmac
import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from lastword.errors import Refusal
from lastword.notify_settings import Email, Webhook

TIMEOUT_SECONDS = 30
SMTPS_PORT = 465
TIMESTAMP, SIGNATURE, DELIVERY = "Lastword-Timestamp", "Lastword-Signature", "Lastword-Delivery"


def mail_of(email: Email, subject: str, text: str, html: str, delivery: str, now: datetime) -> EmailMessage:
    """A message of two parts, text and HTML. The same delivery has the same Message-ID, which tells a second copy from news."""
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = email.sender
    message["To"] = ", ".join(email.to)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{delivery}.lastword@{email.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def send_mail(email: Email, message: EmailMessage, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Hand a message to the mail server: over TLS from the start on port 465, by STARTTLS where the settings say so.

    Returns
    -------
    The addresses that the server refused while it took the message for others.

    Raises
    ------
    Refusal
        The server can't be reached, refuses, or the password's variable isn't set.
    """
    password = _secret(email.password_variable, "[notify.email] password_variable", environ)
    where = f"the mail server {email.host}:{email.port}"
    try:
        with _connected(email) as server:
            if email.starttls and email.port != SMTPS_PORT:
                server.starttls(context=ssl.create_default_context())
            if email.user is not None and password is not None:
                server.login(email.user, password)
            refused = server.send_message(message)
    except smtplib.SMTPAuthenticationError as error:
        raise Refusal(f"{where} doesn't accept the user and password ({error.smtp_code}): check both") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise Refusal(f"{where} refuses {', '.join(sorted(error.recipients))}: check [notify.email] to") from None
    except (smtplib.SMTPException, OSError) as error:
        raise Refusal(f"{where} didn't take the digest ({_said(error)}): check [notify.email]") from None
    return tuple(sorted(refused))


def post(webhook: Webhook, content: Mapping[str, Any], delivery: str, environ: Mapping[str, str], now: datetime) -> None:
    """Post JSON to a webhook, signed where the settings name a secret. Anything but 2xx is a refusal, redirects included.

    Raises
    ------
    Refusal
        The address can't be reached, refuses, or the secret's variable isn't set. Only its host is named: a path may be a secret.
    """
    secret = _secret(webhook.secret_variable, "[notify.webhook] secret_variable", environ)
    body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "lastword", DELIVERY: delivery}
    if secret is not None:
        stamp = str(int(now.timestamp()))
        headers |= {TIMESTAMP: stamp, SIGNATURE: signature(secret, stamp, body)}
    where = f"the webhook at {urlsplit(webhook.url).hostname}"
    request = urllib.request.Request(webhook.url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT_SECONDS):
            return
    except urllib.error.HTTPError as error:
        error.close()
        raise Refusal(f"{where} answered {error.code}: check [notify.webhook] url and what listens there") from None
    except (urllib.error.URLError, OSError, ValueError) as error:
        said = _said(error.reason) if isinstance(error, urllib.error.URLError) else _said(error)
        raise Refusal(f"{where} can't be reached ({said}): check [notify.webhook] url") from None


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=` and the hex HMAC-SHA256 of "TIMESTAMP.BODY": the receiver works it out again and refuses old timestamps."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A digest goes where the settings say and nowhere else."""

    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        return None


def _connected(email: Email) -> smtplib.SMTP:
    if email.port == SMTPS_PORT:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(email.host, email.port, timeout=TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(email.host, email.port, timeout=TIMEOUT_SECONDS)


def _secret(variable: str | None, setting: str, environ: Mapping[str, str]) -> str | None:
    if variable is None:
        return None
    if not environ.get(variable):
        raise Refusal(f"{setting} names {variable}, and that environment variable isn't set: set it to the secret")
    return environ[variable]


def _said(error: object) -> str:
    """The kind of error and the operating system's words for it, without what a server answered."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"answer {error.smtp_code}"
    reason = getattr(error, "strerror", None) or getattr(error, "verify_message", None)
    return str(reason or type(error).__name__)
