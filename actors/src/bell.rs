//! The bell: tells lanes that there is work and readers that there is news, in this process and, by the [courier](crate::courier),
//! in the others.
//!
//! Ringing is never needed for something to happen, only for it to happen at once: lanes and readers also look by themselves
//! once a second.

use std::collections::BTreeMap;
use std::sync::Arc;

use entity::execution::record;
use entity::job::event::Event;
use sea_orm::{ConnectionTrait, DbErr};

use crate::courier::parcel::Parcel;
use crate::courier::{Condition, Followed, Post};
use crate::lane::{AtOnce, LaneConfig, Slots};
use crate::line::Line;
use crate::live::{Early, Live, Rang, Told, Topic};
use crate::runner::Interrupt;
use crate::sign_ins::SignIns;

/// The longest copy of an event that is sent to other processes, in bytes of its particulars. Instead of a longer one they read the rows.
const LONGEST: usize = 32 << 10;

/// The lanes that a process works, by name.
pub type Lanes = BTreeMap<&'static str, (Arc<LaneConfig>, Arc<Slots>)>;

/// A handle to the bell of this process.
#[derive(Clone, Debug)]
pub struct Bell {
    lanes: Arc<Lanes>,
    live: Line<Live>,
    sign_ins: SignIns,
    /// The way to other processes; none when there are none, or no Redis.
    post: Option<Post>,
}

impl Bell {
    #[must_use]
    pub fn new(lanes: Lanes, live: Line<Live>, sign_ins: SignIns, post: Option<Post>) -> Self {
        Self { lanes: Arc::new(lanes), live, sign_ins, post }
    }

    /// Rings for a lane, wherever it is worked.
    pub fn ring(&self, lane: &str) {
        self.wake(lane);
        if let Some(post) = &self.post {
            post.wake(lane);
        }
    }

    /// Claims jobs of a lane, in the transaction that enqueues them, for the slots that are free in this process, if there are any.
    pub(crate) async fn claim(
        &self,
        tx: &impl ConnectionTrait,
        lane: &str,
        jobs: &[i64],
    ) -> Result<Option<AtOnce>, DbErr> {
        match self.lanes.get(lane) {
            Some((config, slots)) => AtOnce::claim(tx, config, slots, jobs).await,
            None => Ok(None),
        }
    }

    /// Rings for a lane of this process. One that this process does not work is somebody else's to hear.
    pub(crate) fn wake(&self, lane: &str) {
        if let Some((_, slots)) = self.lanes.get(lane) {
            slots.wake();
        }
    }

    pub(crate) fn wake_all(&self) {
        self.lanes.values().for_each(|(_, slots)| slots.wake());
    }

    /// Rings for the readers of a run, wherever they are.
    pub fn ring_run(&self, run: i64) {
        let topic = Topic::Run(run);
        self.live.tell(Rang(topic));
        if let Some(post) = self.post_of(topic) {
            post.send(topic, &Parcel::Look(topic));
        }
    }

    /// Shows events that are in the rows to the readers of their streams, wherever they are.
    pub fn show(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        if let Some(post) = &self.post {
            post_events(post, &events);
        }
        self.live.tell(Told(events));
    }

    /// Shows records of a run that will be in the rows soon to its readers, wherever they are.
    pub fn show_records(&self, run: i64, records: Vec<record::Model>) {
        let topic = Topic::Run(run);
        if let Some(post) = self.post_of(topic) {
            post.send(topic, &Parcel::Records { run, records: records.iter().map(Into::into).collect() });
        }
        self.live.tell(Early { run, records: Arc::new(records) });
    }

    /// Has everybody's rights looked at anew, in all processes. Who misses it does so within a second.
    pub fn rights_changed(&self) {
        self.sign_ins.forget();
        if let Some(post) = &self.post {
            post.rights_changed();
        }
    }

    /// Tells a lane, wherever it is worked, that somebody wants one of its jobs to be stopped. Who misses it learns it with its lease.
    pub fn stop(&self, lane: &str, job: i64) {
        self.stop_here(lane, job);
        if let Some(post) = &self.post {
            post.stop(lane, job);
        }
    }

    pub(crate) fn stop_here(&self, lane: &str, job: i64) {
        if let Some((_, slots)) = self.lanes.get(lane) {
            slots.interrupt(job, &Interrupt::Cancel);
        }
    }

    /// The topics that are followed in this process, for the courier to listen for; none without one.
    pub(crate) fn followed(&self) -> Option<&Followed> {
        self.post.as_ref().map(Post::followed)
    }

    /// How the way to the other processes is; none without Redis.
    #[must_use]
    pub fn courier(&self) -> Option<Condition> {
        self.post.as_ref().map(Post::condition)
    }

    fn post_of(&self, topic: Topic) -> Option<&Post> {
        self.post.as_ref().filter(|post| post.is_followed_elsewhere(topic))
    }
}

/// Sends events to the processes that follow their streams, those of one stream together.
fn post_events(post: &Post, events: &[Event]) {
    let mut followed: BTreeMap<Topic, Vec<Event>> = BTreeMap::new();
    for event in events {
        let topic = Topic::Stream(event.stream);
        if post.is_followed_elsewhere(topic) {
            followed.entry(topic).or_default().push(event.clone());
        }
    }
    for (topic, events) in followed {
        let long = |event: &Event| event.data.to_string().len() > LONGEST;
        if events.iter().any(long) {
            post.send(topic, &Parcel::Look(topic));
            continue;
        }
        // So that no message is too long for those who hear it.
        for events in events.chunks(16) {
            post.send(topic, &Parcel::Events(events.to_vec()));
        }
    }
}
