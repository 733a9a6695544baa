//! Progress on stderr: a bar on a terminal, plain lines otherwise, and nothing for what takes less than a second.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// What takes less time than this shows no progress.
const QUIET: Duration = Duration::from_secs(1);

/// On what is no terminal, a line is written so often.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The progress of one piece of work.
pub(crate) struct Progress {
    what: &'static str,
    unit: &'static str,
    begun: Instant,
    bar: Option<ProgressBar>,
    /// Milliseconds since `begun` at which the last line was written.
    last_line: AtomicU64,
}

impl Progress {
    /// Begins some work, counted in a unit.
    pub(crate) fn new(what: &'static str, unit: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::no_length();
            // The template is fixed and valid, as every run on a terminal shows.
            if let Ok(style) = ProgressStyle::with_template(
                "{msg} {wide_bar} {human_pos}/{human_len} {prefix} ({per_sec}, {eta} left)",
            ) {
                bar.set_style(style);
            }
            bar.set_message(what);
            bar.set_prefix(unit);
            bar
        });
        Self { what, unit, begun: Instant::now(), bar, last_line: AtomicU64::new(0) }
    }

    /// So many are done of so many.
    pub(crate) fn at(&self, done: u64, total: u64) {
        let elapsed = self.begun.elapsed();
        if elapsed < QUIET {
            return;
        }
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            return;
        }
        let now = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let last = self.last_line.load(Ordering::Relaxed);
        if Duration::from_millis(now - last.min(now)) >= LINE_EVERY {
            self.last_line.store(now, Ordering::Relaxed);
            eprintln!("{}: {done} of {total} {}", self.what, self.unit);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
