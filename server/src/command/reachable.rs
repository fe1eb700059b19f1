//! Whether what the settings name can be reached: database, Redis, mail server and provider of sign-ins. Each has a bound; nothing is changed anywhere.

use std::time::Duration;

use actors::courier;
use actors::database::Database;
use actors::mail::postbox::Transport;
use tokio::time::timeout;

use crate::app;
use crate::config::Config;
use crate::http::oidc::Provider;
use crate::migrate;

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is well, or what is not and what to do about it.
pub(super) type Found = Result<String, String>;

/// The result, if it comes in time.
async fn in_time(what: impl Future<Output = Found>) -> Found {
    let silence = || Err(format!("has not answered within {} s", PATIENCE.as_secs()));
    timeout(PATIENCE, what).await.unwrap_or_else(|_| silence())
}

/// Whether the database answers and has this version's shape.
pub(super) async fn database(config: &Config) -> Found {
    if config.database_file().is_some_and(|file| !file.exists()) {
        return Ok("is made at the first start".to_owned());
    }
    // Has a bound of its own.
    let db = app::connect(config.database_url.reveal()).await.map_err(|error| error.to_string())?;
    let found = in_time(shape(&db)).await;
    // Of one that does not answer any more nothing is to be closed.
    let _ = timeout(PATIENCE, db.close()).await;
    found
}

async fn shape(db: &Database) -> Found {
    let there = migrate::there(db).await.map_err(|error| format!("its shape cannot be told: {error}"))?;
    if there.is_empty() {
        let first = if db.is_embedded() { "it gets them at the next start" } else { "run `lectern migrate`" };
        let told = format!("answers, and has no tables yet; {first}");
        return if db.is_embedded() { Ok(told) } else { Err(told) };
    }
    match migrate::fits(&there) {
        Ok(()) => match entity::site::find(db.read()).await {
            Ok(site) if site.moved_at.is_some() => {
                Err(format!("this site has moved to {}", site.moved_to.unwrap_or_default()))
            }
            Ok(_) => Ok("answers, and has this version's shape".to_owned()),
            Err(error) => Err(error.to_string()),
        },
        Err(migrate::Misfit::Older(missing)) if db.is_embedded() => {
            Ok(format!("answers; the next start takes the {missing} steps that are missing"))
        }
        Err(misfit) => Err(misfit.to_string()),
    }
}

/// Whether Redis answers, if there is to be one.
pub(super) async fn redis(config: &Config) -> Found {
    match &config.redis_url {
        None => Ok("none; processes hear of each other from the database".to_owned()),
        Some(_) if config.is_embedded() => Ok("has no use with the embedded database, and was not tried".to_owned()),
        Some(url) => {
            let answers = async { courier::try_out(url.reveal()).await.map(|()| "answers".to_owned()) };
            in_time(answers).await.map_err(|trouble| format!("{trouble}; check LECTERN_REDIS_URL"))
        }
    }
}

/// Whether the mail server takes a session, if there is to be one.
pub(super) async fn mail(config: &Config) -> Found {
    let Some(url) = &config.smtp_url else {
        return Ok(format!("letters are files in {}", config.data_dir.join("mail").display()));
    };
    let transport = Transport::smtp(url.reveal()).map_err(|error| error.to_string())?;
    let greets = async {
        let tried = transport.try_out().await;
        tried.map(|()| "the server greets".to_owned()).map_err(|error| error.to_string())
    };
    in_time(greets).await.map_err(|trouble| format!("{trouble}; check LECTERN_SMTP_URL"))
}

/// Whether the provider of sign-ins answers and is who it should be, if there is one.
pub(super) async fn provider(config: &Config) -> Option<Found> {
    let provider = match Provider::of(config) {
        Ok(provider) => provider?,
        Err(error) => return Some(Err(error.to_string())),
    };
    // Has a bound of its own.
    let probed = provider.probe().await.map(|()| "answers".to_owned());
    Some(probed.map_err(|error| format!("{error}; check LECTERN_OIDC_ISSUER")))
}
