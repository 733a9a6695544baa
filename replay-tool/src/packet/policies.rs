//! [`InForce`]: a version of the policies that was in force in the period.

use chrono::{DateTime, Utc};
use domain::calendar::ReportPeriod;
use domain::policy::Policies;
use event_log::Recorded;

/// Policies, with the event that says so.
#[derive(Debug)]
pub(super) struct Adopted {
    pub(super) event: Recorded,
    pub(super) policies: Policies,
}

/// A version, and when it was in force.
#[derive(Debug)]
pub(super) struct InForce {
    /// Its values.
    pub(super) policies: Policies,
    /// The event that adopted it; nothing for what is in force before any was.
    pub(super) event: Option<Recorded>,
    /// When the next version came into force, if one has.
    pub(super) until: Option<DateTime<Utc>>,
}

impl InForce {
    /// The versions that were in force at any moment of a period, the oldest first.
    pub(super) fn in_period(adopted: Vec<Adopted>, period: ReportPeriod) -> Vec<Self> {
        let mut versions = vec![Self { policies: Policies::default(), event: None, until: None }];
        for Adopted { event, policies } in adopted {
            if let Some(before) = versions.last_mut() {
                before.until = Some(event.occurred_at);
            }
            versions.push(Self { policies, event: Some(event), until: None });
        }
        versions.retain(|version| {
            let begins_before = version.since().is_none_or(|from| from < period.ends());
            let ends_after = version.until.is_none_or(|until| until > period.begins());
            let was_ever = version.since().zip(version.until).is_none_or(|(from, until)| from < until);
            begins_before && ends_after && was_ever
        });
        versions
    }

    /// Since when it was in force; from the beginning where no event adopted it.
    pub(super) fn since(&self) -> Option<DateTime<Utc>> {
        self.event.as_ref().map(|event| event.occurred_at)
    }

    /// The file of the proof that the event that adopted it is in the book.
    pub(super) fn proof_file(&self) -> Option<String> {
        self.event.as_ref().map(|_| format!("proofs/policies-version-{}.json", self.policies.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_log::{Position, Revision, StreamName};
    use uuid::Uuid;

    fn adopted(version: u32, at: &str) -> Adopted {
        let at = at.parse().unwrap();
        let event = Recorded {
            position: Position(version.into()),
            stream: StreamName::new("policy-marketplace".to_owned()).unwrap(),
            revision: Revision(u64::from(version) - 1),
            id: Uuid::from_u128(version.into()),
            event_type: "PolicyAdopted".into(),
            schema: 1,
            occurred_at: at,
            created: at,
            data: Vec::new().into(),
            metadata: Vec::new().into(),
        };
        Adopted { event, policies: Policies { version, ..Policies::default() } }
    }

    fn versions(adopted: Vec<Adopted>) -> Vec<u32> {
        let in_force = InForce::in_period(adopted, "2025-H2".parse().unwrap());
        in_force.iter().map(|version| version.policies.version).collect()
    }

    #[test]
    fn r_0_02_a_version_is_in_force_from_its_adoption_until_the_next_and_the_defaults_before_the_first() {
        assert_eq!(versions(vec![]), [0]);
        // The period is from 30 June, 22:00 UTC, to 31 December, 23:00 UTC.
        assert_eq!(versions(vec![adopted(1, "2025-06-30T22:00:00Z")]), [1]);
        assert_eq!(versions(vec![adopted(1, "2025-06-30T22:00:01Z")]), [0, 1]);
        let four = ["2024-01-01T00:00:00Z", "2025-07-01T00:00:00Z", "2025-12-31T22:59:59Z", "2025-12-31T23:00:00Z"];
        assert_eq!(versions((1..).zip(four).map(|(version, at)| adopted(version, at)).collect()), [1, 2, 3]);
        let at_once = ["2025-08-01T00:00:00Z", "2025-08-01T00:00:00Z"];
        assert_eq!(versions((1..).zip(at_once).map(|(version, at)| adopted(version, at)).collect()), [0, 2]);
    }
}
