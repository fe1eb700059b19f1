//! `/metrics`: what this process counts and what all processes know together, in the text format of Prometheus.
//!
//! Nothing in it is about a person: labels are lanes, kinds of jobs and operations, endings, actors and the ids of courses.

use std::sync::Arc;

use actors::guardian::Health;
use actors::jobs::lanes::{Lane, Lanes};
use entity::id::{self, Kind};
use poem::http::StatusCode;
use poem::http::header::{AUTHORIZATION, CONTENT_TYPE};
use poem::web::Data;
use poem::{IntoResponse, Request, Response, handler};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, IntGauge, Opts, Registry, TEXT_FORMAT, TextEncoder};
use tokio::time::timeout;

use super::Shared;
use super::health::{PATIENCE, Vitals};
use crate::config::Mode;

/// For who knows the token; in development for everybody.
#[handler]
pub async fn guarded(request: &Request, shared: Data<&Arc<Shared>>) -> Response {
    let bearer = request.header(AUTHORIZATION.as_str()).and_then(|header| header.strip_prefix("Bearer "));
    match &shared.metrics_token {
        _ if shared.mode == Mode::Development => answer(&shared.vitals).await,
        // Without a token there is nothing here.
        None => StatusCode::NOT_FOUND.into_response(),
        Some(token) if bearer.is_some_and(|bearer| same(bearer, token.reveal())) => answer(&shared.vitals).await,
        Some(_) => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// For everybody who reaches the address that is for it.
#[handler]
pub async fn open(vitals: Data<&Arc<Vitals>>) -> Response {
    answer(&vitals).await
}

/// Whether two texts are the same; how long it takes tells nothing about where they differ.
fn same(a: &str, b: &str) -> bool {
    let differs = a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b));
    a.len() == b.len() && differs == 0
}

async fn answer(vitals: &Vitals) -> Response {
    let mut families = vitals.deps.tally.registry().gather();
    let text = match seen(vitals).await {
        Ok(more) => {
            families.extend(more);
            TextEncoder::new().encode_to_string(&families)
        }
        Err(error) => Err(error),
    };
    match text {
        Ok(text) => Response::builder().header(CONTENT_TYPE, TEXT_FORMAT).body(text),
        Err(error) => {
            tracing::error!(error = %error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What is looked at now.
async fn seen(vitals: &Vitals) -> Result<Vec<MetricFamily>, prometheus::Error> {
    let registry = Registry::new();
    // What this process knows by itself is told in any case; who scrapes does not wait long.
    let looked = timeout(PATIENCE, vitals.deps.sight.look(&vitals.deps));
    let (answers, lanes) = tokio::join!(vitals.answers(), looked);
    let up =
        gauge(&registry, "lectern_database_up", "Whether the database answers; if not, nothing is told of lanes.")?;
    up.set(i64::from(answers.is_ok()));
    if let (Ok(()), Ok(Ok(lanes))) = (answers, lanes) {
        show_lanes(&registry, &lanes)?;
        show_courses(&registry, &lanes)?;
        gauge(&registry, "lectern_workers", "Processes that are there.")?.set(lanes.workers.len() as i64);
    }
    show_actors(&registry, vitals)?;
    show_process(&registry, vitals)?;
    Ok(registry.gather())
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
    let gauge = IntGauge::with_opts(Opts::new(name, help))?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, prometheus::Error> {
    let gauges = GaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(gauges.clone()))?;
    Ok(gauges)
}

fn show_lanes(registry: &Registry, lanes: &Lanes) -> Result<(), prometheus::Error> {
    let jobs = gauges(registry, "lectern_jobs", "Jobs of the site that have not ended well.", &["lane", "state"])?;
    let slots = gauges(registry, "lectern_lane_slots", "Slots of all processes.", &["lane"])?;
    let busy = gauges(registry, "lectern_lane_busy", "Slots that are taken.", &["lane"])?;
    let paused = gauges(registry, "lectern_lane_paused", "Whether somebody has paused the lane.", &["lane"])?;
    let oldest = gauges(
        registry,
        "lectern_lane_oldest_waiting_seconds",
        "For how long the oldest job that is due has waited.",
        &["lane"],
    )?;
    for Lane { name, pause, slots: all, busy: taken, depth, .. } in lanes.of(None) {
        let states =
            [("queued", depth.queued), ("delayed", depth.delayed), ("leased", depth.leased), ("dead", depth.dead)];
        for (state, count) in states {
            jobs.with_label_values(&[name.as_str(), state]).set(count as f64);
        }
        let waited = depth.oldest.map_or(0, |oldest| (lanes.now().0 - oldest).max(0));
        oldest.with_label_values(&[&name]).set(waited as f64 / 1e6);
        slots.with_label_values(&[&name]).set(all as f64);
        busy.with_label_values(&[&name]).set(taken as f64);
        paused.with_label_values(&[&name]).set(f64::from(u8::from(pause.is_some())));
    }
    Ok(())
}

/// Those courses of which jobs were begun in the last quarter of an hour.
fn show_courses(registry: &Registry, lanes: &Lanes) -> Result<(), prometheus::Error> {
    let waits = gauges(
        registry,
        "lectern_course_waiting_seconds",
        "What this share of the jobs begun in the last quarter of an hour waited at most; of all processes.",
        &["lane", "course", "quantile"],
    )?;
    for (lane, course, waited) in lanes.waits() {
        let course = course.map_or_else(|| "none".to_owned(), |course| id::encode(Kind::Course, course));
        for (hundredths, quantile) in [(50, "0.5"), (99, "0.99")] {
            let Some(micros) = waited.percentile(hundredths) else { continue };
            waits.with_label_values(&[lane, &course, quantile]).set(micros as f64 / 1e6);
        }
    }
    Ok(())
}

fn show_actors(registry: &Registry, vitals: &Vitals) -> Result<(), prometheus::Error> {
    let well = gauges(registry, "lectern_actor_well", "Whether the actor is well.", &["actor"])?;
    let rebuilds = gauges(registry, "lectern_actor_rebuilds", "How often the actor was replaced.", &["actor"])?;
    for (actor, health, times) in vitals.wellbeing.all() {
        well.with_label_values(&[actor]).set(f64::from(u8::from(health == Health::Well)));
        rebuilds.with_label_values(&[actor]).set(times as f64);
    }
    Ok(())
}

fn show_process(registry: &Registry, vitals: &Vitals) -> Result<(), prometheus::Error> {
    let build = gauges(registry, "lectern_build_info", "The version that runs.", &["version", "role"])?;
    build.with_label_values(&[env!("CARGO_PKG_VERSION"), vitals.pulse.role]).set(1.0);
    let uptime = gauge(registry, "lectern_uptime_seconds", "For how long the process has run.")?;
    uptime.set(i64::try_from(vitals.started.elapsed().as_secs()).unwrap_or(i64::MAX));
    let draining = gauge(registry, "lectern_draining", "Whether the process stops.")?;
    draining.set(i64::from(vitals.pulse.draining()));
    if let Some(beat) = vitals.pulse.last() {
        let offset =
            gauge(registry, "lectern_clock_offset_microseconds", "How far the database's clock is ahead of ours.")?;
        offset.set(beat.ahead);
    }
    if let Some(bytes) = resident() {
        gauge(registry, "process_resident_memory_bytes", "Memory that the process holds.")?.set(bytes);
    }
    Ok(())
}

/// Bytes of memory that the process holds.
fn resident() -> Option<i64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten()?;
    Some(pages * page)
}

#[cfg(test)]
mod tests {
    use super::{resident, same};

    #[test]
    fn only_the_token_is_the_token() {
        assert!(same("a token", "a token"));
        for other in ["", "a toke", "a token ", "b token"] {
            assert!(!same(other, "a token"), "{other}");
        }
    }

    #[test]
    fn the_process_holds_memory() {
        assert!(resident().is_some_and(|bytes| bytes > 100_000));
    }
}
