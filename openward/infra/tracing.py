"""Follow one piece of work through the house with OpenTelemetry; off by default, and then free."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import Status, StatusCode, Tracer

_OTLP_MODULES = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
)
_NOTHING: AbstractContextManager[None] = nullcontext()


class _State:
    """The one tracer of the process; OpenTelemetry itself is process-wide."""

    tracer: Tracer | None = None
    provider: TracerProvider | None = None


def set_up_tracing(*, enabled: bool, service: str = "openward", exporter: SpanExporter | None = None) -> None:
    """Switch tracing on or off for this process.

    Spans go to `exporter`, else by OTLP when that package is installed (its own OTEL_EXPORTER_OTLP_* variables say
    where to), else to standard error.
    """
    if _State.provider is not None:
        _State.provider.shutdown()
    _State.tracer, _State.provider = None, None
    if not enabled:
        return
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(exporter or _installed_exporter()))
    _State.provider, _State.tracer = provider, provider.get_tracer("openward")


def span(name: str, **attributes: str | int | float | bool) -> AbstractContextManager[None]:
    """A span around a block; names and attributes never describe a person and never hold a secret."""
    tracer = _State.tracer
    return _NOTHING if tracer is None else _recorded(tracer, name, attributes)


@contextmanager
def _recorded(tracer: Tracer, name: str, attributes: dict[str, str | int | float | bool]) -> Iterator[None]:
    # The library would record the exception with its message, which may quote a patient's data.
    with tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _installed_exporter() -> SpanExporter:
    for module in _OTLP_MODULES:
        try:
            exporter: SpanExporter = importlib.import_module(module).OTLPSpanExporter()
        except ImportError:
            continue
        return exporter
    return ConsoleSpanExporter(out=sys.stderr)
