//! The built programs, run as people run them: by their files, with arguments, judged by exit code and output.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What a program came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

/// `marktboek ARGUMENTS… --data DATA`, not started yet.
#[must_use]
pub fn marktboek(data: &Path, arguments: &[&str]) -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BUILT.get_or_init(|| built("marktboek")));
    command.args(arguments).arg("--data").arg(data).stdin(Stdio::null());
    command
}

/// `replay-tool --data DATA ARGUMENTS…`, not started yet.
#[must_use]
pub fn replay_tool(data: &Path, arguments: &[&str]) -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BUILT.get_or_init(|| built("replay-tool")));
    command.arg("--data").arg(data).args(arguments).stdin(Stdio::null());
    command
}

/// Runs `replay-tool --data DATA ARGUMENTS…` to its end.
#[must_use]
pub fn run(data: &Path, arguments: &[&str]) -> Outcome {
    let output = replay_tool(data, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// As [`run`], and it must end well: its standard output.
///
/// # Panics
/// When it does not end with exit code 0.
#[must_use]
pub fn must(data: &Path, arguments: &[&str]) -> String {
    let outcome = run(data, arguments);
    assert_eq!(outcome.code, Some(0), "{arguments:?} in {}: {}{}", data.display(), outcome.stdout, outcome.stderr);
    outcome.stdout
}

/// Builds a program in the profile of this test, which takes a moment when nothing has changed, and tells where it lies. Cargo
/// names the programs of a test's own package only. It is built as a part of the workspace: so its dependencies have the
/// features that they have in `cargo test --workspace`, which has built them.
fn built(program: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let directory = this.ancestors().find(|path| path.file_name().is_some_and(|name| name == "deps")).unwrap();
    let profile_directory = directory.parent().unwrap();
    let profile = match profile_directory.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let mut build = Command::new(env!("CARGO"));
    // What cargo tells a test of its own package must not reach the build: some build scripts look at it, and would run
    // again, with all that depends on them, in each test and after it.
    for (variable, _) in std::env::vars_os() {
        let told = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if variable.to_str().is_some_and(|variable| told.iter().any(|beginning| variable.starts_with(beginning))) {
            build.env_remove(variable);
        }
    }
    let status = build
        .args(["build", "--quiet", "--workspace", "--bin", program, "--profile", profile, "--target-dir"])
        .arg(profile_directory.parent().unwrap())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
        .status()
        .unwrap();
    assert!(status.success(), "{program} does not build");
    profile_directory.join(program)
}
