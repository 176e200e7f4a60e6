"""The API as a page to read: what `openapi.json` says, without code from elsewhere."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

WRITING = ("post", "put", "patch", "delete")


def _body(operation: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a JSON body: name, type, whether it is required."""
    content = operation.get("requestBody", {}).get("content", {})
    first: dict[str, Any] = next(iter(content.values()), {})
    schema = first.get("schema", {})
    schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    required = schema.get("required", ())
    return [
        {"name": name, "kind": _kind(one), "required": name in required}
        for name, one in schema.get("properties", {}).items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type") or "any")


def sections(described: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The calls of an OpenAPI description by tag, in its order."""
    schemas = described.get("components", {}).get("schemas", {})
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            call = {
                "id": operation["operationId"], "method": method.upper(), "path": path, "writes": method in WRITING,
                "text": operation.get("description", ""), "body": _body(operation, schemas),
                "answers": [code for code in operation["responses"] if str(code).startswith("2")],
                "parameters": [
                    {"name": one["name"], "kind": _kind(one.get("schema", {})), "required": one.get("required", False)}
                    for one in operation.get("parameters", ())
                ],
            }  # fmt: skip
            found.setdefault((operation.get("tags") or ["other"])[0], []).append(call)
    return list(found.items())


def page(request: HttpRequest) -> HttpResponse:
    """The page."""
    from dangol.api import api

    described: dict[str, Any] = dict(api.get_openapi_schema())
    return render(request, "api/docs.html", {"sections": sections(described), "version": api.version})
