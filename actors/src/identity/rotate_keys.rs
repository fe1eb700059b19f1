//! A new key, for access tokens or for receipts. What the one before has signed stays good: its public half stays where it is, until all
//! tokens have expired, and for receipts for ever. The timetable replaces the one for tokens only: who keeps a copy of the keys that
//! verify receipts, as everybody should who relies on them, is not to find it too old each season.

use std::time::Duration;

use entity::clock::micros;
use entity::identity::audit::Action;
use entity::identity::signing_key;
use entity::submission::receipt;
use entity::viewer::ViewerScope;
use futures_util::future::BoxFuture;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IntoActiveModel as _, NotSet, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit::{entry, note};
use super::keyring::Purpose;
use crate::deps::Deps;
use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::problem::Problem;
use crate::write::Write;

/// A key signs for so long before another takes its place by itself.
const AGE: Duration = Duration::from_secs(90 * 24 * 3600);

/// Why no key was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotateKeysCode {
    NotAllowed,
}

/// Has a new key for that sign from now on; its name.
///
/// # Errors
/// When the viewer may not, or something breaks.
pub async fn rotate_keys(
    deps: &Deps,
    viewer: &ViewerScope,
    purpose: Purpose,
) -> Result<String, Problem<RotateKeysCode>> {
    if !viewer.may_administer() {
        let message = "Only who runs the site may change what signs its tokens and receipts.";
        return Err(Problem::refused(RotateKeysCode::NotAllowed, message));
    }
    let write = Write::begin(deps).await?;
    let (successor, public) = deps.site.keyring.successor(purpose, write.now)?;
    replace(&write, &successor).await?;
    receipt::key::keep(write.tx(), public.into_iter().collect()).await?;
    let details = json!({ "kid": successor.kid, "purpose": successor.purpose });
    note(&write, entry(viewer, Action::KeysRotated, None, details)).await?;
    write.commit().await?;
    deps.site.keyring.renew(&deps.db).await?;
    Ok(successor.kid)
}

async fn replace(write: &Write, successor: &signing_key::Model) -> Result<(), DbErr> {
    signing_key::Entity::update_many()
        .col_expr(signing_key::Column::RetiredAt, Expr::value(write.now))
        .filter(signing_key::Column::Purpose.eq(successor.purpose.as_str()))
        .filter(signing_key::Column::RetiredAt.is_null())
        .exec(write.tx())
        .await?;
    let row = signing_key::ActiveModel { id: NotSet, ..successor.clone().into_active_model() };
    signing_key::Entity::insert(row).exec_without_returning(write.tx()).await.map(drop)
}

/// The recurring job that replaces a key that has signed for three months.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RotateKeys;

impl Job for RotateKeys {
    const KIND: &'static str = "identity.rotate_keys";
    const LANE: &'static str = lanes::HOUSEKEEPING;
    const POLICY: Policy = Policy::TIDYING;

    fn key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        let now = work.deps.clock.now();
        let current = signing_key::Entity::find()
            .filter(signing_key::Column::Purpose.eq(Purpose::Access.word()))
            .filter(signing_key::Column::RetiredAt.is_null())
            .filter(signing_key::Column::CreatedAt.lt(entity::clock::Timestamp(now.0 - micros(AGE))))
            .one(work.deps.db.read())
            .await?;
        if current.is_none() {
            return Ok(Effects::none());
        }
        let successor = work.deps.site.keyring.successor(Purpose::Access, now);
        let (successor, _) = successor.map_err(|error| BodyFault::Retry(error.to_string()))?;
        Ok(Effects::none().and(Replace { successor }))
    }
}

#[derive(Debug)]
struct Replace {
    successor: signing_key::Model,
}

impl Effect for Replace {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            replace(write, &self.successor).await?;
            let system = ViewerScope::system("the timetable");
            let details = json!({ "kid": self.successor.kid, "purpose": self.successor.purpose });
            note(write, entry(&system, Action::KeysRotated, None, details)).await.map(drop)
        })
    }
}
