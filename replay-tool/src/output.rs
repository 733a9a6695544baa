//! What is said on standard output.
//!
//! Whoever reads it may have seen enough (`| head`): then the program ends, silently, as if the signal of a broken pipe had ended
//! it. The signal itself stays ignored, because it would end the program for a broken connection to a server too.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process;

/// What a shell tells of a program that SIGPIPE ended.
const NOBODY_READS: i32 = 128 + 13;

/// As [`println!`], but ends the program where nobody reads on.
macro_rules! say {
    () => { $crate::output::write(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::write(format_args!("{}\n", format_args!($($text)*))) };
}
pub(crate) use say;

/// Writes; ends the program where that can't be done.
pub(crate) fn write(text: fmt::Arguments<'_>) {
    if let Err(error) = io::stdout().lock().write_fmt(text) {
        if error.kind() != ErrorKind::BrokenPipe {
            eprintln!("replay-tool: writing to standard output: {error}");
        }
        process::exit(NOBODY_READS);
    }
}

/// Says, beside its figures, of a period that is not over at their moment.
pub(crate) fn say_that_it_grows(period: impl fmt::Display) {
    eprintln!("replay-tool: {period} was not over at this moment; its figures still grow");
}
