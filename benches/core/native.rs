//! This machine: its clock, and the memory that it gives to this program.

use std::fs;
use std::sync::LazyLock;
use std::time::Instant;

use super::measure::Machine;

/// As it is.
pub const MACHINE: Machine = Machine { now, memory };

#[allow(
    clippy::disallowed_methods,
    reason = "the ban is for wasm, where this file isn't compiled"
)]
fn now() -> f64 {
    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
    STARTED.elapsed().as_secs_f64() * 1e3
}

/// Told by Linux alone.
fn memory() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}
