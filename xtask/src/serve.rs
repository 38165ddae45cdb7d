//! `cargo xtask serve`: the playground, built and served by Trunk, again at each change.

use std::env;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use crate::failure::{Failure, Result};
use crate::process::{self, Ending};
use crate::project::Project;
use crate::tools::{self, Tool};

/// How the playground is to be served.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Serving {
    /// Whether the browser is opened.
    pub open: bool,
    /// Where it listens, on this machine alone.
    pub port: u16,
    /// Whether it is built as it is shipped: slower to build, faster to use.
    pub release: bool,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            open: false,
            port: 8080,
            release: false,
        }
    }
}

/// Serves the playground until it is ended.
///
/// # Errors
/// When a tool is missing and can't be installed, the port is taken, or Trunk fails.
pub fn serve(project: &Project, serving: Serving) -> Result<()> {
    // Before anything is installed: nobody waits twenty minutes to hear that a port is taken.
    port_is_free(serving.port)?;
    let mut needs = vec![Tool::WasmTarget, Tool::WasmBindgen, Tool::Trunk];
    if serving.release {
        // For wasm-opt; a build for development does without.
        needs.push(Tool::NodePackages);
    }
    tools::provide(project, &needs)?;

    println!(
        "Building the playground; it will be at http://127.0.0.1:{} (ctrl-C ends it)",
        serving.port
    );
    let mut command = trunk(project);
    command.args([
        "serve",
        "--address",
        "127.0.0.1",
        "--port",
        &serving.port.to_string(),
    ]);
    if serving.open {
        command.arg("--open");
    }
    if serving.release {
        command.arg("--release");
    }
    match process::shown(&mut command)? {
        Ending::Well => Ok(()),
        Ending::Badly | Ending::Late => Err(Failure::new(
            "Trunk could not serve the playground.",
            "See its output above, then try again.",
        )),
    }
}

/// Trunk, ready for its arguments.
pub fn trunk(project: &Project) -> Command {
    let mut command = project.command("trunk");
    // Trunk 0.21 takes only `true` or `false` in NO_COLOR, and stops at the usual `1`.
    command.env_remove("NO_COLOR");
    if env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        command.env("TRUNK_COLOR", "never");
    }
    command
}

fn port_is_free(port: u16) -> Result<()> {
    let Err(cause) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) else {
        return Ok(());
    };
    let what = match cause.kind() {
        ErrorKind::AddrInUse => format!("Port {port} is taken on 127.0.0.1."),
        _ => format!("Port {port} can't be used on 127.0.0.1: {cause}."),
    };
    let other = if port == 8080 { 8081 } else { 8080 };
    Err(Failure::new(
        what,
        format!("End what uses it, or choose another: `cargo xtask serve --port {other}`."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_said_in_words() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let failure = port_is_free(port).unwrap_err().to_string();
        assert!(
            failure.starts_with(&format!("Port {port} is taken")),
            "{failure}"
        );
    }
}
