//! Rounds, their ratios, and the row that a table gets.

#![allow(clippy::float_arithmetic, reason = "a measurement is not money, and nothing is decided by it")]

use std::time::{Duration, Instant};

/// One number a round.
#[derive(Debug, Clone, Default)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// Notes a round.
    pub fn push(&mut self, number: f64) {
        self.0.push(number);
    }

    /// How many rounds there were.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The number below which so many hundredths of the rounds lie; 0 without rounds.
    #[must_use]
    pub fn percentile(&self, hundredths: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        sorted.get((last * hundredths).div_ceil(100)).copied().unwrap_or_default()
    }

    /// Lowest, middle, highest.
    #[must_use]
    pub fn spread(&self) -> [f64; 3] {
        [0, 50, 100].map(|hundredths| self.percentile(hundredths))
    }
}

impl FromIterator<f64> for Rounds {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

/// How a number is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A part of a limit: 0.7 as 70 %.
    Percent,
    /// So many times as much.
    Times,
    /// So many a second.
    PerSecond,
    /// Seconds, printed as milliseconds.
    Milliseconds,
    /// Seconds, printed as microseconds.
    Microseconds,
    /// Bytes.
    Bytes,
}

impl Unit {
    fn print(self, number: f64) -> String {
        match self {
            Self::Percent => format!("{:.0} %", number * 100.0),
            Self::Times => format!("{number:.1} ×"),
            Self::PerSecond => format!("{}/s", thousands(number)),
            Self::Milliseconds => format!("{:.2} ms", number * 1e3),
            Self::Microseconds => format!("{:.1} µs", number * 1e6),
            Self::Bytes => format!("{} bytes", thousands(number)),
        }
    }
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The head of the table that [`row`] fills.
pub const HEAD: &str =
    "| what | on how much | rounds | min | median | max | aim |\n| --- | --- | --- | --- | --- | --- | --- |";

/// A row of the table.
#[must_use]
pub fn row(what: &str, amount: &str, rounds: &Rounds, unit: Unit, aim: &str) -> String {
    let [min, median, max] = rounds.spread().map(|number| unit.print(number));
    format!("| {what} | {amount} | {} | {min} | **{median}** | {max} | {aim} |", rounds.count())
}

/// So many a second.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts here are far below 2⁵³")]
pub fn rate(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

/// How long something takes, and what it gives.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let given = work();
    (given, started.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_lowest_the_middle_and_the_highest_round() {
        let rounds: Rounds = [0.9, 0.7, 0.8].into_iter().collect();
        let row = row("a", "b", &rounds, Unit::Percent, "c");
        assert_eq!(row, "| a | b | 3 | 70 % | **80 %** | 90 % | c |");
        assert_eq!(Unit::PerSecond.print(1_234_567.4), "1,234,567/s");
        assert_eq!(Unit::PerSecond.print(123.0), "123/s");
    }
}
