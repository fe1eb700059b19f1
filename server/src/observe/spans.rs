//! Spans for OpenTelemetry: exported by OTLP over HTTP to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names.
//!
//! They are collected and sent beside the requests, in batches; what a collector does not take in time is dropped. What else the
//! standard's variables say (sampling, headers, the service's name, sizes of batches) is read by its library.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use crate::config::{Collector, Config};
use crate::http_client::{Client, Failure};

/// Where traces are taken, below the endpoint.
const PATH: &str = "v1/traces";

/// The way of spans to their collector.
#[derive(Debug)]
pub(super) struct Spans(SdkTracerProvider);

impl Spans {
    /// Begins to export, if the configuration names a collector.
    pub fn of(config: &Config) -> Option<Result<Self, Failure>> {
        let collector = config.collector.as_ref()?;
        Some(Self::to(collector))
    }

    fn to(collector: &Collector) -> Result<Self, Failure> {
        let client = OnRuntime { client: Client::new(super::ASKED)?, runtime: Handle::try_current()? };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(format!("{}/{PATH}", collector.endpoint.trim_end_matches('/')))
            .with_protocol(if collector.json { Protocol::HttpJson } else { Protocol::HttpBinary })
            .build()?;
        let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder().with_service_name(collector.service.clone()).with_attribute(version);
        let provider =
            SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter).build();
        Ok(Self(provider))
    }

    /// What makes spans of ours into spans of OpenTelemetry: without the places in our code and the threads.
    pub fn layer<S>(&self) -> OpenTelemetryLayer<S, opentelemetry_sdk::trace::SdkTracer>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("lectern"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
    }

    /// Sends what is still to be sent, for so long at most.
    pub async fn flush(self, longest: Duration) {
        let flushed = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(longest));
        if let Ok(Ok(Err(error))) = tokio::time::timeout(longest, flushed).await {
            tracing::debug!(error = %error, "the last spans were not taken");
        }
    }
}

/// The client of the process, for a library whose threads are not its runtime's.
#[derive(Debug)]
struct OnRuntime {
    client: Client,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime.spawn(async move { client.send(request).await }).await?
    }
}
