"""Calling the API in tests: tokens, and a client that carries one."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

BASE = "/api/v1"


def add_token(name: str, role: str = "reviewer", **changes: Any) -> str:
    """A token of this role that expires tomorrow, unless `changes` say otherwise; gives its text."""
    from lastword.web.models import ApiToken

    now = datetime.now(UTC)
    made = {"made_by": "adam", "made_at": now, "expires_at": now + timedelta(days=1), **changes}
    digest = hashlib.sha256(f"text of {name}".encode()).hexdigest()
    ApiToken.objects.update_or_create(name=name, defaults={"role": role, "digest": digest, **made})
    return f"text of {name}"


class Caller:
    """A program with a token of its own; "" for none."""

    def __init__(self, name: str = "crm", role: str = "reviewer") -> None:
        from django.test import Client

        token = add_token(name, role) if name else ""
        self._client = Client(headers={"host": "localhost"} | ({"authorization": f"Bearer {token}"} if token else {}))

    def get(self, path: str, query: Any = None, **headers: str) -> Any:
        return self._client.get(path if path.startswith(("/api", "http")) else BASE + path, query, headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        content = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self._client.post(BASE + path, content, content_type="application/json", headers=headers)


def content_of(response: Any) -> bytes:
    """The body of an answer, streamed or not."""
    return b"".join(response.streaming_content) if response.streaming else response.content
