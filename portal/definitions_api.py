"""What is asked, for other programs: the open surveys as JSON, and the JSON Schema of the definition files."""

import json

from flask import Blueprint, Response

from portal.state import portal
from surveys import definition_json

blueprint = Blueprint("definitions_api", __name__, url_prefix="/definitions")
SCHEMA_TYPE = "application/schema+json"


@blueprint.get("/schema.json")
def schema() -> Response:
    """The JSON Schema of the definition files."""
    return _json(definition_json.schema_of_all(), SCHEMA_TYPE)


@blueprint.get("/surveys.json")
def surveys() -> Response:
    """What is asked today, in the shape of the definition files."""
    here = portal()
    return _json(definition_json.asked(here.definitions, here.today()), "application/json")


def _json(body: object, content_type: str) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), content_type=f"{content_type}; charset=utf-8")
