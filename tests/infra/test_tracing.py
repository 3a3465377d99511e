"""Spans are free when off, and tell no messages of exceptions when on."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from openward.infra.tracing import set_up_tracing, span


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    yield exporter
    set_up_tracing(enabled=False)


def test_off_costs_nothing() -> None:
    assert span("a") is span("b", count=1)
    with span("a"), span("b"):
        pass


def test_on_records_names_nesting_and_the_kind_of_failure(exporter: InMemorySpanExporter) -> None:
    set_up_tracing(enabled=True, exporter=exporter)
    with pytest.raises(ValueError, match="Erika"), span("outer", count=2), span("inner"):
        raise ValueError("Erika")
    kept = exporter.get_finished_spans
    set_up_tracing(enabled=False)
    inner, outer = kept()
    assert (inner.name, outer.name) == ("inner", "outer")
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id
    assert outer.attributes is not None
    assert outer.attributes["count"] == 2
    assert inner.status.description == "ValueError"
    assert inner.events == ()
