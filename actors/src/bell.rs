//! The bell: tells lanes that there is work and readers that there is news.
//!
//! Ringing is never needed for something to happen, only for it to happen at once: lanes and readers also look by themselves
//! once a second.

use std::collections::BTreeMap;
use std::sync::Arc;

use entity::job::event::Event;

use crate::lane::Slots;
use crate::line::Line;
use crate::live::{Live, Rang, Topic};
use crate::runner::Interrupt;

/// A handle to the bell of this process.
#[derive(Clone, Debug)]
pub struct Bell {
    lanes: Arc<BTreeMap<&'static str, Arc<Slots>>>,
    live: Line<Live>,
}

impl Bell {
    #[must_use]
    pub fn new(lanes: BTreeMap<&'static str, Arc<Slots>>, live: Line<Live>) -> Self {
        Self { lanes: Arc::new(lanes), live }
    }

    /// Rings for these lanes and for the readers of these topics.
    pub fn ring<'l>(&self, lanes: impl IntoIterator<Item = &'l str>, topics: impl IntoIterator<Item = Topic>) {
        for lane in lanes {
            // A lane that this process does not work is somebody else's to hear.
            if let Some(slots) = self.lanes.get(lane) {
                slots.wake();
            }
        }
        for topic in topics {
            self.live.tell(Rang(topic));
        }
    }

    /// Tells the readers of events that happened.
    pub fn tell(&self, events: Vec<Event>) {
        for event in events {
            self.live.tell(Rang(Topic::Stream(event.stream)));
        }
    }

    /// Tells a lane that somebody wants one of its jobs to be stopped. Who works it elsewhere learns it with its lease.
    pub fn stop(&self, lane: &str, job: i64) {
        if let Some(slots) = self.lanes.get(lane) {
            slots.interrupt(job, &Interrupt::Cancel);
        }
    }
}
