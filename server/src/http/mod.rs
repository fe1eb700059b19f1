//! The doors over HTTP: routing, envelopes and errors, and nothing else.

mod account;
mod arrival;
mod broken;
mod cookie;
pub mod counts;
mod cross_site;
mod exports;
pub mod graphql;
pub mod health;
mod keys;
pub mod metrics;
mod oauth;
mod observed;
pub mod oidc;
mod ok;
mod origin;
pub mod page;
pub mod patience;
mod receipt_keys;
pub mod runner;
pub mod taskqueue;

use std::sync::Arc;

use actors::deps::Deps;
use poem::http::HeaderValue;
use poem::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use poem::middleware::SetHeader;
use poem::{Endpoint, EndpointExt, IntoEndpoint, Response, Route, get};

use crate::app::App;
use crate::config::{Config, Hosts, Limits, Mode, Secret, TaskQueue};
use crate::graphql::LecternSchema;
use crate::graphql::documents::Documents;
use observed::Observe;
use runner::Action;

/// What the routes share.
pub struct Shared {
    pub deps: Arc<Deps>,
    pub schema: LecternSchema,
    /// The documents that are trusted.
    pub documents: Arc<Documents>,
    /// Sees to it that sockets end with the rights of their viewers.
    pub rights: graphql::rights::Rights,
    pub sockets: graphql::Sockets,
    pub streams: graphql::Streams,
    pub patience: patience::Patience,
    pub vitals: Arc<health::Vitals>,
    pub metrics_token: Option<Secret>,
    pub mode: Mode,
    /// Programs of guests that may be under way from one network address.
    pub guests_per_address: u64,
    /// What clients of GraphQL may ask for.
    pub limits: Limits,
    /// Who may keep tasks here.
    pub task_queue: TaskQueue,
    /// By which names they may call us.
    pub task_queue_hosts: Hosts,
    /// Where people sign in, if not here alone.
    pub oidc: Option<Arc<oidc::Provider>>,
    /// Who a request without a token comes from.
    pub door: Door,
}

/// Through which door somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Anybody may knock.
    Public,
    /// The socket in the data folder, which only the site's owner can open.
    Local,
}

fn shared(app: &App, door: Door) -> Arc<Shared> {
    Arc::new(Shared {
        deps: Arc::new(app.kernel.deps.clone()),
        schema: crate::graphql::schema().counting(app.counts.clone()),
        rights: graphql::rights::Rights::watch(&app.kernel.deps),
        documents: Arc::clone(&app.config.documents),
        sockets: app.sockets.clone(),
        streams: app.streams.clone(),
        patience: app.config.patience,
        vitals: Arc::clone(&app.vitals),
        metrics_token: app.config.metrics_token.clone(),
        mode: app.config.mode,
        guests_per_address: app.config.code_runner_per_address,
        limits: app.config.limits,
        task_queue: app.config.task_queue.clone(),
        task_queue_hosts: app.config.task_queue_hosts.clone(),
        oidc: app.oidc.clone(),
        door,
    })
}

/// What the page may load: its own files, and nothing from anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes for everybody.
pub fn public(app: &App) -> impl IntoEndpoint<Endpoint: Endpoint + 'static> + use<> {
    let shared = shared(app, Door::Public);
    let strict = SetHeader::new().overriding(CONTENT_SECURITY_POLICY, POLICY);
    let mut routes = Route::new()
        .at("/", get(page::index).with(strict))
        .at("/assets/app.js", get(page::script))
        .at("/assets/api.js", get(page::api_script))
        .at("/assets/work.js", get(page::work_script))
        .at("/assets/style.css", get(page::style))
        .at("/assets/code.js", get(page::code_script))
        .at("/graphql", graphql::endpoint())
        .at("/healthz", get(health::healthz))
        .at("/readyz", get(health::readyz))
        .at("/metrics", get(metrics::guarded));
    routes = exports::routes(ok::routes(oauth::routes(account::routes(routes, app.config.registration))));
    if app.oidc.is_some() {
        routes = oidc::routes(routes);
    }
    if app.config.mode == Mode::Development {
        let loose = SetHeader::new().overriding(CONTENT_SECURITY_POLICY, "frame-ancestors 'none'");
        routes = routes.at("/graphiql", get(page::graphiql).with(loose));
    }
    if app.config.code_runner {
        routes = routes
            .at("/run_program", runner::endpoint(Action::Run))
            .at("/run_program/", runner::endpoint(Action::Run))
            .at("/check_output", runner::endpoint(Action::Check))
            .at("/check_output/", runner::endpoint(Action::Check))
            .at("/download", runner::endpoint(Action::Download))
            .at("/download/", runner::endpoint(Action::Download));
    }
    if !matches!(app.config.task_queue, TaskQueue::Off) {
        routes = routes
            .at("/api/taskqueue/v1beta2", taskqueue::discovery())
            .at("/batch", taskqueue::batches())
            .at("/taskqueue/", get(taskqueue::index))
            .at("/taskqueue/v1beta2/projects/*path", taskqueue::endpoint());
    }
    routes
        .data(Arc::clone(&shared.vitals))
        .data(shared)
        .around(ok::manners)
        .with(Observe(app.counts.clone()))
        .with(hardening(&app.config))
        .after(|answer| async { answer.map(locked) })
}

/// What every answer says to browsers.
fn hardening(config: &Config) -> SetHeader {
    let all = SetHeader::new().overriding(X_CONTENT_TYPE_OPTIONS, "nosniff").overriding(REFERRER_POLICY, "same-origin");
    // Only where TLS is: a browser that heard it once reaches this host by nothing else for a year.
    let encrypted = config.public_url.starts_with("https://");
    if encrypted { all.overriding(STRICT_TRANSPORT_SECURITY, "max-age=31536000") } else { all }
}

/// An answer that is no page of ours has nothing to load and stands in no frame.
fn locked(mut answer: Response) -> Response {
    let bare = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    answer.headers_mut().entry(CONTENT_SECURITY_POLICY).or_insert(bare);
    answer
}

/// The routes for those who look after the machine, at an address of their own.
pub fn vitals(app: &App) -> impl IntoEndpoint<Endpoint: Endpoint + 'static> + use<> {
    Route::new()
        .at("/healthz", get(health::healthz))
        .at("/readyz", get(health::readyz))
        .at("/metrics", get(metrics::open))
        .data(Arc::clone(&app.vitals))
}

/// The routes for the site's owner.
pub fn local(app: &App) -> impl IntoEndpoint<Endpoint: Endpoint + 'static> + use<> {
    Route::new().at("/graphql", graphql::endpoint()).data(shared(app, Door::Local)).with(Observe(app.counts.clone()))
}
