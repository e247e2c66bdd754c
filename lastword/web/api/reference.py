"""The reference at /api/v1/docs: a plain page made from the OpenAPI document, without scripts and other hosts."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from lastword.web.api.problems import KINDS

EXAMPLE_ID = {"account_id": "00042", "run_id": "20261123T060000-1a2b"}


@dataclass(frozen=True)
class Field:
    """A parameter, or a member of a body or an answer."""

    name: str
    kind: str
    required: bool
    said: str


@dataclass(frozen=True)
class Operation:
    """One operation as the page shows it. `answers`: status, what it means, the schema's name ("" for none)."""

    name: str
    method: str
    path: str
    group: str
    role: str
    said: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[tuple[str, str, str], ...]
    example: str


@dataclass(frozen=True)
class Described:
    """A schema and its members."""

    name: str
    said: str
    fields: tuple[Field, ...]


class Reference(DocsBase):
    """The page that stands in for Swagger's, which needs another host or scripts in line."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        document = api.get_openapi_schema()
        origin = request.build_absolute_uri("/").rstrip("/")
        found = list(operations(document, origin))
        groups: dict[str, list[Operation]] = {}
        for operation in found:
            groups.setdefault(operation.group, []).append(operation)
        shown = {
            "api": api,
            "groups": groups,
            "schemas": list(schemas(document)),
            "problems": [(kind, status, title) for kind, (status, title) in KINDS.items()],
            "document": reverse(f"{api.urls_namespace}:openapi-json"),
        }
        return render(request, "api/reference.html", shown)


def operations(document: dict[str, Any], origin: str) -> Iterator[Operation]:
    """Every operation of an OpenAPI document, in its order; `origin` is where the examples ask."""
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            schema = _content(found.get("requestBody", {}))
            yield Operation(
                name=found["operationId"],
                method=method.upper(),
                path=path,
                group=found["tags"][0],
                role=found["x-least-role"],
                said=tuple(_said(part) for part in found["description"].split("\n\n")),
                parameters=tuple(_parameter(parameter) for parameter in found["parameters"]),
                body=_kind(schema) if schema else "",
                answers=tuple((str(status), *_answer(answer)) for status, answer in found["responses"].items()),
                example=_example(document, origin, method, path, found),
            )


def schemas(document: dict[str, Any]) -> Iterator[Described]:
    """Every schema of an OpenAPI document that has members, by name."""
    for name, schema in sorted(document["components"]["schemas"].items()):
        required = schema.get("required", ())
        fields = tuple(
            Field(member, _kind(details), member in required, _said(details.get("description", "")))
            for member, details in schema.get("properties", {}).items()
        )
        yield Described(name, _said(schema.get("description", "")), fields)


def _parameter(found: dict[str, Any]) -> Field:
    place = "" if found["in"] == "query" else f" ({found['in']})"
    kind = _kind(found["schema"]).removesuffix(" or null")
    return Field(found["name"], kind + place, found["required"], _said(found.get("description", "")))


def _said(text: str) -> SafeString:
    """A text with what is between backticks as code."""
    return mark_safe(re.sub("`(.+?)`", r"<code>\1</code>", escape(" ".join(text.split()))))


def _answer(found: dict[str, Any]) -> tuple[str, str]:
    schema = _content(found)
    return found["description"], _kind(schema) if schema else ""


def _content(found: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = found.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _kind(schema: dict[str, Any]) -> str:
    """A type in words: "text or null", "list of BulkRow"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("type") == "string":
        return {"date": "date", "date-time": "time"}.get(schema.get("format", ""), "text")
    return {"integer": "whole number", "boolean": "true or false"}.get(schema.get("type", ""), schema.get("type", "anything"))


def _example(document: dict[str, Any], origin: str, method: str, path: str, found: dict[str, Any]) -> str:
    """A command to try it with."""
    for name, value in EXAMPLE_ID.items():
        path = path.replace(f"{{{name}}}", value)
    lines = ["curl -H 'Authorization: Bearer TOKEN'"]
    schema = _content(found.get("requestBody", {}))
    if schema:
        body = document["components"]["schemas"][_kind(schema)]["examples"][0]
        lines += ["-H 'Idempotency-Key: 7f3c'", f"--json '{json.dumps(body, ensure_ascii=False)}'"]
    lines.append(f"'{origin}{path}{found['x-example']}'")
    return " \\\n  ".join(lines)
