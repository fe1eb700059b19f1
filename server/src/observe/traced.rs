//! Traces that others have begun: a request with a `traceparent` of W3C's Trace Context goes on in the trace of its sender.

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use poem::http::HeaderMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Has the span go on in the trace of the sender, if it is to be exported and the sender has one.
pub fn continue_from(span: &Span, headers: &HeaderMap) {
    if span.is_disabled() || !headers.contains_key("traceparent") {
        return;
    }
    let sender = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    if sender.span().span_context().is_valid() {
        // It is not exported, if nobody listens.
        let _ = span.set_parent(sender);
    }
}
