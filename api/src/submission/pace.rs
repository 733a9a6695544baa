//! How quickly the database is asked, and when again after a failure.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// The first wait after a failure; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait after a failure: a database that is being maintained is asked no more often.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest that the database may ask to wait; what asks for more is told to the operator by giving up.
const LONGEST_ASKED: Duration = Duration::from_secs(600);
/// How often in a row something is tried: some minutes in all.
const MAX_ATTEMPTS: u32 = 8;

/// Keeps requests apart. It reads no clock and waits for nothing: whoever asks does.
#[derive(Debug)]
pub struct Pace {
    every: Duration,
    next: Instant,
}

impl Pace {
    /// So many requests a second at most, from a moment on.
    #[must_use]
    pub fn new(requests_per_second: u64, now: Instant) -> Self {
        Self { every: Duration::from_micros(1_000_000_u64.div_ceil(requests_per_second.max(1))), next: now }
    }

    /// When the next request may be made; it is taken to be made then.
    pub fn turn(&mut self, now: Instant) -> Instant {
        let turn = self.next.max(now);
        self.next = turn + self.every;
        turn
    }
}

/// How often in a row nothing came of the same request.
#[derive(Debug, Default)]
pub struct Patience(u32);

impl Patience {
    /// Nothing came of it again: how long to wait, as long as the database asks for, or longer each time; nothing where it
    /// was tried often enough.
    pub fn failed(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.0 += 1;
        if self.0 >= MAX_ATTEMPTS || asked.is_some_and(|asked| asked > LONGEST_ASKED) {
            return None;
        }
        let wait = wait(self.0);
        Some(asked.map_or(wait, |asked| asked.max(wait)))
    }
}

/// How long to wait after so many failures: between half and the whole of what doubles each time, so that many senders do
/// not come back at once.
fn wait(failures: u32) -> Duration {
    let longest = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(LONGEST_WAIT);
    rand::random_range(longest / 2..=longest)
}

/// How long a `Retry-After` asks to wait: so many seconds, or until a moment (RFC 9110, 10.2.3).
#[must_use]
pub fn asked_to_wait(header: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = header.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(header.trim()).ok()?.with_timezone(&Utc);
    Some((until - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_bounds_and_are_never_the_same_for_all() {
        for failures in 1..20 {
            let longest = Duration::from_millis(500 << (failures - 1).min(10)).min(LONGEST_WAIT);
            for _ in 0..50 {
                let wait = wait(failures);
                assert!(longest / 2 <= wait && wait <= longest, "{failures}: {wait:?}");
            }
        }
    }

    #[test]
    fn requests_are_kept_apart() {
        let began = Instant::now();
        let mut pace = Pace::new(20, began);
        let turns: Vec<_> = (0..3).map(|_| (pace.turn(began) - began).as_millis()).collect();
        assert_eq!(turns, [0, 50, 100]);
        let later = began + Duration::from_secs(9);
        assert_eq!((pace.turn(later), pace.turn(later) - later), (later, Duration::from_millis(50)));
    }

    #[test]
    fn what_fails_too_often_is_given_up() {
        let mut patience = Patience::default();
        assert_eq!(patience.failed(Some(Duration::from_secs(7))), Some(Duration::from_secs(7)));
        assert!(patience.failed(Some(Duration::ZERO)) >= Some(Duration::from_millis(500)));
        let waits = std::iter::from_fn(|| patience.failed(None)).count();
        assert_eq!(waits + 3, 8);
        let an_hour = Some(Duration::from_secs(3_600));
        assert_eq!(Patience::default().failed(an_hour), None, "that is for an operator to know of");
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_until_a_moment() {
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        assert_eq!(asked_to_wait("120", now), Some(Duration::from_secs(120)));
        assert_eq!(asked_to_wait("Tue, 24 Nov 2026 10:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(asked_to_wait("Tue, 24 Nov 2026 09:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(asked_to_wait("soon", now), None);
    }
}
