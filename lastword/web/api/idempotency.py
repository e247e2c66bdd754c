"""A request that is sent again, because its answer was lost, does nothing again: it gets the answer of the first.

The answer is kept for a day, in the transaction that records what it answers; what was refused is not kept.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Header
from pydantic import AfterValidator, Field

from lastword.errors import ConfigurationError
from lastword.web.api.answers import as_json
from lastword.web.api.parsing import storable
from lastword.web.models import KeptAnswer
from overrides.store import lock_ledger, transaction

KEPT_FOR = timedelta(days=1)

type Answer = tuple[int, dict[str, Any]]

Key = Annotated[
    Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)] | None,
    Header(
        alias="Idempotency-Key",
        description="any text of your own, new for every decision: sent again within a day, nothing is done twice",
    ),
]


def once(request: HttpRequest, key: str | None, decide: Callable[[], Answer]) -> HttpResponse:
    """What `decide` answers: its status and body. With a key that was used before, what it answered then.

    Raises
    ------
    ConfigurationError : the key was used for another request.
    """
    if key is None:
        return _response(*_written(decide()))
    with transaction() as cursor:
        lock_ledger(cursor)
        KeptAnswer.objects.filter(made_at__lt=request.now - KEPT_FOR).delete()
        kept = KeptAnswer.objects.filter(token=request.auth, key=key).first()
        asked = _digest(request)
        if kept is not None:
            return _response(kept.status, _same(kept, asked).answer, again=True)
        status, body = _written(decide())
        KeptAnswer.objects.create(token=request.auth, key=key, asked=asked, status=status, answer=body, made_at=request.now)
    return _response(status, body)


def _same(kept: KeptAnswer, asked: str) -> KeptAnswer:
    if kept.asked != asked:
        raise ConfigurationError(
            f"Idempotency-Key {kept.key!r} was used for another request at {kept.made_at:%Y-%m-%d %H:%M} UTC: use a new one"
        )
    return kept


def _digest(request: HttpRequest) -> str:
    """Of the address and of what the body says, however it is spaced and ordered."""
    said = json.dumps([request.path, json.loads(request.body)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _written(answer: Answer) -> tuple[int, str]:
    status, body = answer
    return status, as_json(body)


def _response(status: int, body: str, again: bool = False) -> HttpResponse:
    headers = {"Cache-Control": "no-store"} | ({"Idempotent-Replayed": "true"} if again else {})
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
