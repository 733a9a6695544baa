//! Recipients of the service seen on it (R-5-01, R-5-04): who was active, in which Member State, in which month.
//!
//! Recipients come in batches, by [pseudonyms](crate::pseudonym) only. What does not count is left out when the batch is
//! decided, by the [rule](crate::counting_rule) that the event names, and counted apart. A recipient is recorded once a month
//! for each Member State and part in which it was seen, however often it comes. The stream is `activity-<month>`, so that
//! one month reads as one.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::calendar::Month;
use crate::counting_rule::{COUNTING_RULE, CountsAs, Exposure, UserAgentClass, counts_as};
use crate::place::MemberState;
use crate::pseudonym::{Pseudonym, Recipients};
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sightings::{Sighting, Sightings};

/// In which part a recipient uses the service (R-5-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecipientRole {
    /// A consumer with an account.
    Buyer,
    /// A seller.
    Trader,
    /// Anybody else who looks at what is there.
    Visitor,
}

impl RecipientRole {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Buyer, Self::Trader, Self::Visitor];
}

/// A visit, as an edge server reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Who, by a pseudonym.
    pub recipient: Pseudonym,
    /// From where.
    pub member_state: MemberState,
    /// In which part.
    pub role: RecipientRole,
    /// By which kind of program.
    pub user_agent: UserAgentClass,
    /// Where it was shown what the service hosts.
    pub exposure: Exposure,
}

/// Visits that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Excluded {
    /// By bots.
    pub bots: u64,
    /// Incidental.
    pub incidental: u64,
}

impl AddAssign for Excluded {
    fn add_assign(&mut self, more: Self) {
        self.bots += more.bots;
        self.incidental += more.incidental;
    }
}

/// Recipients of one Member State and part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Where.
    pub member_state: MemberState,
    /// In which part.
    pub role: RecipientRole,
    /// Who.
    pub recipients: Recipients,
}

/// These recipients were active in this month. Reported by the operator's edge servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecipientsSeen {
    /// The calendar month in Europe/Paris.
    pub month: Month,
    /// By which version of the [rule](crate::counting_rule) it was decided what counts.
    pub rule: u32,
    /// Who was seen, where and in which part.
    pub seen: Vec<Seen>,
    /// What was left out of this batch.
    pub excluded: Excluded,
}

impl Seen {
    /// Each sighting.
    pub fn sightings(&self) -> impl Iterator<Item = Sighting> + '_ {
        self.recipients.iter().map(|recipient| Sighting::new(recipient, self.member_state, self.role))
    }
}

/// What can happen in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivityEvent {
    /// See [`RecipientsSeen`].
    RecipientsSeen(RecipientsSeen),
}

/// What can be asked of a month.
#[derive(Debug, Clone)]
pub enum ActivityCommand {
    /// Record a batch of visits.
    RecordVisits {
        /// The month.
        month: Month,
        /// The visits.
        visits: Vec<Visit>,
    },
}

/// The most visits that a batch may have: an event of them has a ninth of the bytes that one may have.
pub const MAX_VISITS: usize = 10_000;

/// A month's activity: who has been recorded already.
#[derive(Debug, Clone, Default)]
pub struct ActivityMonth {
    recorded: Sightings,
}

impl ActivityMonth {
    /// The stream of a month.
    #[must_use]
    pub fn stream_of(month: Month) -> String {
        format!("activity-{month}")
    }
}

impl Aggregate for ActivityMonth {
    const CATEGORY: &'static str = "activity";
    type Command = ActivityCommand;
    type Event = ActivityEvent;

    fn decide(&self, command: ActivityCommand, context: &Context<'_>) -> Result<Vec<ActivityEvent>, Refusal> {
        const RULE: Rule = Rule("R-5-04");
        let ActivityCommand::RecordVisits { month, visits } = command;
        require(!visits.is_empty() && visits.len() <= MAX_VISITS, RULE, Refused::Invalid, "visits", || {
            format!("a batch has 1 to {MAX_VISITS} visits, not {}", visits.len())
        })?;
        require(month <= Month::of(context.now), RULE, Refused::TooEarly, "month", || {
            format!("{month} has not begun")
        })?;
        let mut excluded = Excluded::default();
        let mut new: BTreeMap<_, Vec<Pseudonym>> = BTreeMap::new();
        for Visit { recipient, member_state, role, user_agent, exposure } in visits {
            match counts_as(user_agent, exposure) {
                CountsAs::Bot => excluded.bots += 1,
                CountsAs::Incidental => excluded.incidental += 1,
                CountsAs::Engaged if self.recorded.has(Sighting::new(recipient, member_state, role)) => {}
                CountsAs::Engaged => new.entry((member_state, role)).or_default().push(recipient),
            }
        }
        if new.is_empty() && excluded == Excluded::default() {
            return Ok(Vec::new());
        }
        let seen =
            |((member_state, role), recipients)| Seen { member_state, role, recipients: Recipients::new(recipients) };
        let seen = new.into_iter().map(seen).collect();
        Ok(vec![RecipientsSeen { month, rule: COUNTING_RULE, seen, excluded }.into()])
    }

    fn evolve(&mut self, event: &ActivityEvent, _: DateTime<Utc>) {
        let ActivityEvent::RecipientsSeen(event) = event;
        for sighting in event.seen.iter().flat_map(Seen::sightings) {
            self.recorded.insert(sighting);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{Given, given};

    const SEEN: (UserAgentClass, Exposure) = (UserAgentClass::Browser, Exposure::Service);

    fn march() -> Given<ActivityMonth> {
        given().at("2026-03-15T00:00:00Z")
    }

    fn record(month: &str, visits: &[(u64, MemberState, (UserAgentClass, Exposure))]) -> ActivityCommand {
        let visits = visits.iter().map(|(id, member_state, (user_agent, exposure))| Visit {
            recipient: Pseudonym(*id),
            member_state: *member_state,
            role: RecipientRole::Visitor,
            user_agent: *user_agent,
            exposure: *exposure,
        });
        ActivityCommand::RecordVisits { month: month.parse().unwrap(), visits: visits.collect() }
    }

    fn seen(events: &[ActivityEvent]) -> Vec<(MemberState, Vec<u64>)> {
        let [ActivityEvent::RecipientsSeen(event)] = events else { panic!("one event, not {events:?}") };
        let ids = |seen: &Seen| seen.recipients.iter().map(|recipient| recipient.0).collect();
        event.seen.iter().map(|seen| (seen.member_state, ids(seen))).collect()
    }

    #[test]
    fn r_5_04_bots_and_incidental_visits_are_left_out_and_counted_apart() {
        let bot = (UserAgentClass::DeclaredBot, Exposure::Service);
        let incidental = (UserAgentClass::Browser, Exposure::Elsewhere);
        let nl = MemberState::NL;
        let visits = [(2, nl, SEEN), (1, nl, SEEN), (2, nl, SEEN), (3, nl, bot), (4, nl, incidental), (5, nl, bot)];
        let events = march().when(record("2026-03", &visits)).unwrap();
        assert_eq!(seen(&events), [(nl, vec![1, 2])]);
        let [ActivityEvent::RecipientsSeen(event)] = &events[..] else { panic!("one event") };
        assert_eq!((event.rule, event.excluded), (COUNTING_RULE, Excluded { bots: 2, incidental: 1 }));
    }

    #[test]
    fn r_5_01_a_recipient_is_recorded_once_a_month_for_each_member_state() {
        let month = march().after(record("2026-03", &[(1, MemberState::NL, SEEN), (2, MemberState::NL, SEEN)]));
        let again = [(1, MemberState::NL, SEEN), (1, MemberState::BE, SEEN), (3, MemberState::NL, SEEN)];
        let events = month.when(record("2026-03", &again)).unwrap();
        assert_eq!(seen(&events), [(MemberState::BE, vec![1]), (MemberState::NL, vec![3])]);
        assert!(month.when(record("2026-03", &[(2, MemberState::NL, SEEN)])).unwrap().is_empty());
    }

    #[test]
    fn r_5_04_a_batch_is_of_a_month_that_has_begun_and_is_bounded() {
        let one = [(1, MemberState::NL, SEEN)];
        assert_eq!(march().refusal(record("2026-04", &one)), ("R-5-04", Refused::TooEarly));
        assert_eq!(march().refusal(record("2026-03", &[])), ("R-5-04", Refused::Invalid));
    }
}
