//! Chromium and its driver: where they are, and how they get onto a Debian machine.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Failure, Result};
use crate::process::{self, Ending};
use crate::project::Project;

/// What is said before they are installed.
pub const PROMISE: &str = "Chromium and chromedriver, with apt-get: a minute or two";

const PROGRAMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const PLACES: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/// Whether both are on the machine.
pub fn is_here(project: &Project) -> bool {
    chromium(project).is_some() && chromedriver(project).is_some()
}

/// Chromium or Chrome: the one that the variable `CHROMIUM` names, or else the first that is found.
pub fn chromium(project: &Project) -> Option<PathBuf> {
    named_by("CHROMIUM")
        .or_else(|| PROGRAMS.iter().find_map(|program| project.which(program)))
        .or_else(|| {
            PLACES
                .iter()
                .map(PathBuf::from)
                .find(|place| place.is_file())
        })
}

/// A script of the repository for Node, which is told where Chromium is.
pub fn script(project: &Project, path: &str) -> Command {
    let mut command = project.command("node");
    command.arg(project.file(path));
    if let Some(chromium) = chromium(project) {
        command.env("CHROMIUM", chromium);
    }
    command
}

/// Chromium's driver: the one that the variable `CHROMEDRIVER` names, or else the first on the PATH.
pub fn chromedriver(project: &Project) -> Option<PathBuf> {
    named_by("CHROMEDRIVER").or_else(|| project.which("chromedriver"))
}

/// Installs both with apt-get, on Debian.
///
/// # Errors
/// On any other system, and when apt-get fails.
pub fn install(project: &Project) -> Result<()> {
    if !is_debian() || project.which("apt-get").is_none() {
        return Err(by_hand(
            "Chromium and chromedriver can't be installed from here on this system.",
        ));
    }
    // Some source of packages may be out of reach without harm: whether the installation works decides.
    process::shown(as_root(project)?.args(["apt-get", "update"]))?;
    let packages = [
        "apt-get",
        "install",
        "--yes",
        "--no-install-recommends",
        "chromium",
        "chromium-driver",
    ];
    match process::shown(as_root(project)?.args(packages))? {
        Ending::Well => Ok(()),
        Ending::Badly | Ending::Late => Err(by_hand(
            "apt-get could not install Chromium and chromedriver.",
        )),
    }
}

/// The beginning of a command line that runs as root.
fn as_root(project: &Project) -> Result<Command> {
    let root = process::answer(project.command("id").arg("-u")).is_some_and(|id| id == "0");
    let mut command = if root {
        project.command("env")
    } else if project.which("sudo").is_some() {
        let mut sudo = project.command("sudo");
        sudo.arg("env");
        sudo
    } else {
        return Err(by_hand(
            "Only root can install Chromium and chromedriver, and there is no sudo.",
        ));
    };
    command.arg("DEBIAN_FRONTEND=noninteractive");
    Ok(command)
}

/// Ubuntu's packages of these names only point to snap, which is of no use in a container.
fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=debian"))
}

fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_file())
}

fn by_hand(what: &str) -> Failure {
    Failure::new(
        what,
        "Install Chromium or Chrome and a chromedriver of the same version, put both on the PATH \
         (or name them in the variables CHROMIUM and CHROMEDRIVER), then try again.",
    )
}
