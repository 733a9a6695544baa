//! What time it is on the platform: a parameter, so that an imported history can be worked with as of its own time.

use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, Utc};
use event_log::{EventLog, LogError, Position};

/// How many events are read at a time when the newest is looked for.
const SCAN_EVENTS: usize = 8 * 1024;

/// Which clock, as said on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockSetting {
    /// The machine's.
    #[default]
    System,
    /// The newest moment at which anything in the book occurred.
    Log,
    /// A moment that does not pass.
    Fixed(DateTime<Utc>),
}

impl FromStr for ClockSetting {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "system" => Ok(Self::System),
            "log" => Ok(Self::Log),
            moment => DateTime::parse_from_rfc3339(moment)
                .map(|moment| Self::Fixed(moment.with_timezone(&Utc)))
                .map_err(|_| "a clock is system, log, or a moment as in 2026-01-31T12:00:00Z".to_owned()),
        }
    }
}

/// The platform's clock.
#[derive(Debug)]
pub struct Clock {
    setting: ClockSetting,
    /// The newest moment at which anything occurred, as far as this process knows; microseconds since the epoch.
    newest: AtomicI64,
}

impl Clock {
    /// Starts the clock. The log's clock reads the book once, which blocks.
    ///
    /// # Errors
    /// What the log says.
    pub fn start(setting: ClockSetting, log: &dyn EventLog) -> Result<Self, LogError> {
        let clock = Self { setting, newest: AtomicI64::new(0) };
        if setting == ClockSetting::Log {
            let mut from = Position::START;
            loop {
                let events = log.scan(from, SCAN_EVENTS)?;
                let Some(last) = events.last() else { break };
                from = last.position.next();
                events.iter().for_each(|event| clock.observe(event.occurred_at));
            }
        }
        Ok(clock)
    }

    /// The moment that it is now, to the microsecond, which is as fine as the book keeps it.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self.setting {
            ClockSetting::System => Utc::now().trunc_subsecs(6),
            ClockSetting::Log => projections::view::instant(self.newest.load(Ordering::Relaxed)),
            ClockSetting::Fixed(moment) => moment,
        }
    }

    /// The moment that it is now where time goes by of itself; nothing where it only moves with the events.
    #[must_use]
    pub fn ticking(&self) -> Option<DateTime<Utc>> {
        (self.setting != ClockSetting::Log).then(|| self.now())
    }

    /// The machine's moment, where this clock is the machine's.
    #[must_use]
    pub fn machines(&self) -> Option<DateTime<Utc>> {
        (self.setting == ClockSetting::System).then(|| self.now())
    }

    /// Notes that something occurred.
    pub fn observe(&self, moment: DateTime<Utc>) {
        self.newest.fetch_max(moment.timestamp_micros(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_system_log_or_a_moment() {
        assert_eq!("system".parse(), Ok(ClockSetting::System));
        assert_eq!("log".parse(), Ok(ClockSetting::Log));
        let moment = "2018-09-01T00:00:00Z".parse().unwrap();
        assert_eq!("2018-09-01T02:00:00+02:00".parse(), Ok(ClockSetting::Fixed(moment)));
        assert!("yesterday".parse::<ClockSetting>().is_err());
    }

    #[test]
    fn the_logs_clock_never_goes_backwards() {
        let clock = Clock { setting: ClockSetting::Log, newest: AtomicI64::new(0) };
        let (early, late) = ("2018-01-01T00:00:00Z".parse().unwrap(), "2018-02-01T00:00:00Z".parse().unwrap());
        clock.observe(late);
        clock.observe(early);
        assert_eq!(clock.now(), late);
        assert_eq!(clock.ticking(), None);
    }
}
