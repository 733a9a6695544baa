//! What may be appended from outside: nothing that has not happened yet.
//!
//! Views count time by what occurred: an event dated ahead would move every deadline and period on, for good. A node's
//! clock may be a little ahead of this one's; how much is bounded.

use std::sync::Arc;

use chrono::{SecondsFormat, TimeDelta};
use event_log::{NewEvent, StreamName};
use event_log_grpc::Admission;

use super::Readable;
use crate::clock::Clock;

/// How far two nodes' clocks may be apart: far more than any time service leaves, far less than any deadline.
pub const MAX_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// Admits what is [`Readable`] and occurred by now, where now is the machine's. On a clock of its own (a past moment, an
/// imported history) a platform says itself what time it is, and nothing is known of the others'.
#[derive(Debug, Clone)]
pub struct Timely {
    /// This node's clock.
    pub clock: Arc<Clock>,
}

impl Admission for Timely {
    fn admit(&self, stream: &StreamName, event: &NewEvent) -> Result<(), String> {
        if let Some(now) = self.clock.machines()
            && event.occurred_at > now + MAX_AHEAD
        {
            let [occurred, now] = [event.occurred_at, now].map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            return Err(format!(
                "metadata: occurredAt is {occurred}, and here it is {now}: nothing is appended that is to happen more than \
                 {} minutes from now; set both clocks by a time service",
                MAX_AHEAD.num_minutes()
            ));
        }
        Readable.admit(stream, event)
    }
}
