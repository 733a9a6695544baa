//! When to try again what could not be sent.

use chrono::TimeDelta;

/// How long to wait after each failed attempt. The first waits are short, for a server that restarts; the last ones
/// outlast a night and a day without anybody at work. Together about a day and a half: RFC 5321 4.5.4.1 has servers
/// give up after four to five days, but the first server after us does that for its own deliveries.
const WAITS: [TimeDelta; 6] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(8),
    TimeDelta::hours(24),
];

/// How long to wait after the n-th failed attempt, counted from 1, before the next; nothing when the mail is given up.
#[must_use]
pub fn backoff(attempt: u32) -> Option<TimeDelta> {
    let index = usize::try_from(attempt).ok()?.checked_sub(1)?;
    WAITS.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_than_the_one_before_until_the_mail_is_given_up() {
        let waits: Vec<_> = (1..).map_while(backoff).collect();
        assert_eq!(waits.len(), 6);
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((backoff(0), backoff(7), backoff(u32::MAX)), (None, None, None));
    }
}
