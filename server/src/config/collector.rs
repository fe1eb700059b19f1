//! Who is told how the process does: `SENTRY_DSN`, and the variables of OpenTelemetry.

use sentry_types::Dsn;

use super::Secret;
use super::written::Written;

/// Where spans are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collector {
    /// The address; traces go to `/v1/traces` below it.
    pub endpoint: String,
    /// Whether they are sent as JSON; else as protocol buffers.
    pub json: bool,
    /// What the process is called there.
    pub service: String,
}

impl Collector {
    /// What the settings mean; what is wrong with them goes to the list.
    pub(super) fn read(written: &Written, mistakes: &mut Vec<String>) -> Option<Self> {
        let endpoint = written.otel_exporter_otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())?;
        let address = endpoint.parse::<hyper::Uri>().ok();
        let scheme = address.as_ref().and_then(hyper::Uri::scheme_str);
        if !matches!(scheme, Some("http" | "https")) {
            mistakes.push(
                "OTEL_EXPORTER_OTLP_ENDPOINT is not the address of a collector; it must look like http://127.0.0.1:4318".to_owned(),
            );
        }
        let json = match written.otel_exporter_otlp_protocol.as_str() {
            "http/protobuf" => false,
            "http/json" => true,
            other => {
                let rule = "it must be http/protobuf or http/json, which collectors take at port 4318";
                mistakes.push(format!("OTEL_EXPORTER_OTLP_PROTOCOL is `{other}`; {rule}"));
                false
            }
        };
        Some(Self { endpoint: endpoint.to_owned(), json, service: written.otel_service_name.clone() })
    }
}

/// The address that faults are reported to. It has a key in it, so it is not shown.
pub(super) fn sentry(dsn: Option<&str>, mistakes: &mut Vec<String>) -> Option<Secret> {
    let dsn = dsn.filter(|dsn| !dsn.is_empty())?;
    if dsn.parse::<Dsn>().is_err() {
        mistakes.push(
            "SENTRY_DSN is not an address of Sentry; it must look like https://key@sentry.example.org/42, as the project's \
             settings show it".to_owned(),
        );
    }
    Some(Secret::new(dsn))
}
