"""The description of the API is made from the endpoints themselves."""

from __future__ import annotations

from folkmoot.web.api.call import ENDPOINTS
from folkmoot.web.api.openapi import describe
from folkmoot.web.api.resources import RESOURCES


def test_every_endpoint_is_described_with_its_parameters() -> None:
    assert RESOURCES  # importing them declares their endpoints
    described = describe("http://localhost")
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert len(operations) == len(ENDPOINTS) > 100
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)
