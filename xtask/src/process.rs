//! How another program is run: with its output shown, logged, or asked for an answer.

use std::fs::File;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ending {
    /// It did what it was asked.
    Well,
    /// It said that it failed.
    Badly,
    /// It took longer than it was given, and was ended.
    Late,
}

/// Runs a program with its output on the terminal.
///
/// # Errors
/// When it can't be started.
pub fn shown(command: &mut Command) -> Result<Ending> {
    let status = command
        .status()
        .map_err(|cause| not_started(command, &cause))?;
    Ok(ending(status))
}

/// Runs a program with its output on the terminal; its exit code, none where a signal ended it.
///
/// # Errors
/// When it can't be started.
pub fn exit_code(command: &mut Command) -> Result<Option<i32>> {
    let status = command
        .status()
        .map_err(|cause| not_started(command, &cause))?;
    Ok(status.code())
}

/// Runs a program with all its output at the end of a log.
///
/// # Errors
/// When it can't be started, or the log can't be written.
pub fn logged(command: &mut Command, log: &File) -> Result<Ending> {
    into_log(command, log)?;
    shown(command)
}

/// Runs a program for no longer than `limit`, with its output at the end of a log.
///
/// # Errors
/// When it can't be started, or the log can't be written.
pub fn logged_within(command: &mut Command, log: &File, limit: Duration) -> Result<Ending> {
    into_log(command, log)?;
    shown_within(command, limit)
}

/// Runs a program for no longer than `limit`, with its output on the terminal.
///
/// # Errors
/// When it can't be started.
pub fn shown_within(command: &mut Command, limit: Duration) -> Result<Ending> {
    let started = now();
    let mut child = command
        .spawn()
        .map_err(|cause| not_started(command, &cause))?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(ending(status)),
            Ok(None) if started.elapsed() < limit => thread::sleep(Duration::from_millis(100)),
            // Late, or not to be waited for: either way it ends here. It may have ended by itself meanwhile.
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Ok(Ending::Late);
            }
        }
    }
}

/// What a program prints, when it starts and ends well.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// The time now.
#[allow(
    clippy::disallowed_methods,
    reason = "this program never runs on wasm, where it panics"
)]
pub fn now() -> Instant {
    Instant::now()
}

fn into_log(command: &mut Command, log: &File) -> Result<()> {
    let unwritten = |cause| {
        Failure::new(
            format!("A log in target/ could not be written: {cause}."),
            "See whether the disk is full, then try again.",
        )
    };
    command.stdin(Stdio::null());
    command.stdout(log.try_clone().map_err(unwritten)?);
    command.stderr(log.try_clone().map_err(unwritten)?);
    Ok(())
}

fn ending(status: ExitStatus) -> Ending {
    if status.success() {
        Ending::Well
    } else {
        Ending::Badly
    }
}

fn not_started(command: &Command, cause: &std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy();
    Failure::new(
        format!("`{program}` could not be started: {cause}."),
        format!("See that `{program}` is installed and on the PATH, then try again."),
    )
}
