//! `/metrics` for Prometheus and `/healthz` for whoever restarts the bot.

use std::future::Future;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::Router;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use crate::health::Health;

#[derive(Clone)]
struct Served {
    metrics: PrometheusHandle,
    health: Arc<Health>,
}

/// Serves at `address` until `stop` is done.
///
/// # Errors
/// Where the address cannot be served at.
pub async fn serve(
    address: &str,
    health: Arc<Health>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let told = || format!("cannot serve metrics at {address}");
    let listener = TcpListener::bind(address).await.with_context(told)?;
    let metrics = PrometheusBuilder::new()
        .install_recorder()
        .with_context(told)?;
    describe();
    let app = Router::new()
        .route("/metrics", get(metrics_page))
        .route("/healthz", get(health_page))
        .with_state(Served { metrics, health });
    tracing::info!(address = %listener.local_addr()?, "serving /metrics and /healthz");
    tokio::spawn(async move {
        let served = axum::serve(listener, app).with_graceful_shutdown(stop);
        if let Err(why) = served.await {
            tracing::error!(%why, "the server of metrics ended");
        }
    });
    Ok(())
}

async fn metrics_page(State(served): State<Served>) -> String {
    served.metrics.run_upkeep();
    served.metrics.render()
}

async fn health_page(State(served): State<Served>) -> (StatusCode, String) {
    match served.health.check() {
        Ok(slot) => (StatusCode::OK, format!("ok, slot {slot}\n")),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_gauge!("levee_liquidator_obligations", "Obligations of the market");
    describe_gauge!(
        "levee_liquidator_unhealthy",
        "Obligations that are unhealthy"
    );
    describe_gauge!(
        "levee_liquidator_waiting",
        "Unhealthy obligations that may not be liquidated yet, or not at a profit"
    );
    describe_gauge!(
        "levee_liquidator_left_alone",
        "Unhealthy obligations that the wallet cannot pay, or that have no price"
    );
    describe_gauge!("levee_liquidator_open", "Transactions that may still land");
    describe_gauge!("levee_liquidator_slot", "The newest slot that was seen");
    describe_counter!("levee_liquidator_sent_total", "Transactions sent, by kind");
    describe_counter!(
        "levee_liquidator_ended_total",
        "What became of transactions, by kind and state"
    );
    describe_counter!("levee_liquidator_marked_total", "Obligations marked");
    describe_counter!(
        "levee_liquidator_fees_lamports_total",
        "Lamports that landed transactions cost, by kind"
    );
    describe_counter!(
        "levee_liquidator_closed_total",
        "Obligations that were found to be closed"
    );
    describe_counter!(
        "levee_liquidator_fallback_polls_total",
        "Times that all obligations were asked for because there was no subscription"
    );
    describe_gauge!(
        "levee_liquidator_subscribed",
        "Whether changes are pushed: 1, or else 0"
    );
    describe_counter!(
        "levee_liquidator_syncs_total",
        "Times that everything was loaded"
    );
    describe_counter!(
        "levee_liquidator_valued_total",
        "Obligations valued by the index"
    );
    describe_histogram!(
        "levee_liquidator_settle_seconds",
        "From a change to the unhealthy obligations"
    );
    describe_histogram!(
        "levee_liquidator_decide_seconds",
        "From the unhealthy obligations to transactions"
    );
}
