//! Figures for Prometheus: counted anywhere in the program, printed at `/metrics`.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Bounds of the latency histograms, in seconds: from a cached page to a struggling disk.
const SECONDS: [f64; 15] =
    [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// How often histograms are folded, so that they stay small when nobody reads them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to count. Once a process; more calls do nothing.
pub fn install() {
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS);
        let installed = builder.map_err(|error| error.to_string()).and_then(|builder| {
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
            Ok(handle)
        });
        installed.inspect_err(|error| tracing::warn!(error, "nothing is counted for /metrics")).ok()
    });
    describe();
}

fn describe() {
    metrics::describe_counter!(
        "marktboek_requests_total",
        "GraphQL requests, by outcome: data, errors, or refused before they were executed"
    );
    metrics::describe_histogram!("marktboek_request_seconds", "How long GraphQL requests took");
    metrics::describe_histogram!("marktboek_append_seconds", "How long appends took until they were on disk");
    metrics::describe_gauge!("marktboek_websockets", "WebSockets that are open");
    metrics::describe_counter!("marktboek_command_conflicts_total", "Commands that were decided again");
    metrics::describe_counter!("marktboek_reactions_total", "Events that a reactor acted on, by reactor");
    metrics::describe_gauge!("marktboek_book_position", "The position that the next event will have");
    metrics::describe_gauge!("marktboek_views_position", "The position of the next event that the views will take in");
    metrics::describe_gauge!("marktboek_views_lag_events", "How many events the views are behind the book");
    metrics::describe_gauge!(
        "marktboek_views_moment_seconds",
        "The moment as of which the views stand, since the epoch"
    );
}

/// Keeps the histograms small, for as long as the program runs.
pub async fn upkeep() {
    loop {
        tokio::time::sleep(UPKEEP).await;
        if let Some(Some(handle)) = HANDLE.get() {
            handle.run_upkeep();
        }
    }
}

/// The figures in Prometheus' text format.
#[must_use]
pub fn rendered() -> String {
    HANDLE.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}
