//! Trunk's `post_build` hook: cuts the page's program into what loads at first and the parts that load when they
//! are opened, makes them and the worker small, and writes down what the page is made of.
//!
//! Trunk has built `app` whole by now and given it a name with a hash. The page gets what loads at first under that
//! name, and the parts in a folder named like it: they are of one build, or not there at all.

mod likeness;
mod module;
mod names;
mod offline;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use names::Names;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What makes a module small, in two rounds. After the first its functions are put into the order in which they pack
/// best, which hardly changes any more. That goes by likeness, and else by name: functions made of the same source
/// lie together then.
const ROUNDS: [&[&str]; 2] = [&["--flatten", "--rereloop", "-Oz"], &["-Oz"]];

/// What both rounds do.
const OPTIMIZE: &[&str] = &[
    "--low-memory-unused",
    "--one-caller-inline-max-function-size=40",
    "--reorder-functions-by-name",
];

/// The name of the worker's files.
const WORKER: &str = "worker";

fn main() -> ExitCode {
    match split() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("The page's program can't be cut into its parts: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn split() -> Result<()> {
    let staging = PathBuf::from(variable("TRUNK_STAGING_DIR")?);
    let release = variable("TRUNK_PROFILE")? == "release";
    let target = target_folder()?;
    let profile = if release { "release" } else { "debug" };
    let built = target.join("wasm32-unknown-unknown").join(profile);
    let built = built.join("app.wasm");
    let whole = fs::read(&built).map_err(|error| format!("{}: {error}", built.display()))?;

    let name = name_of(&staging)?;
    let folder = name.replacen("app", "parts", 1);
    let work = target.join("split");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(work.join(&folder))?;

    let main = work.join("app.wasm");
    let (main_module, link_name) = (format!("../{name}.js"), format!("./{folder}/parts.js"));
    let mut options = wasm_split_cli_support::Options::new(&whole);
    options.output_dir = &work;
    options.main_out_path = &main;
    options.main_module = &main_module;
    options.link_name = &link_name;
    let parts = wasm_split_cli_support::transform(options)
        .map_err(|error| format!("{error:?}"))?
        .split_modules;
    if parts.is_empty() {
        return Err("there are none".into());
    }

    let out = work.join("out");
    bind(&main, &out, &name, release)?;
    let (glue, main) = (format!("{name}.js"), format!("{name}_bg.wasm"));
    fs::copy(out.join(&glue), staging.join(glue))?;
    fs::copy(out.join(&main), staging.join(main))?;
    if release {
        make_small(&staging, &name, &work)?;
        make_small(&staging, WORKER, &work)?;
    }

    let into = staging.join(&folder);
    fs::create_dir_all(&into)?;
    fs::copy(work.join(&folder).join("parts.js"), into.join("parts.js"))?;
    for part in parts {
        let name = part.file_name().ok_or("a part has no name")?;
        let mut wasm = fs::read(&part)?;
        if release {
            wasm = optimized(&wasm, &work)?;
        }
        fs::write(into.join(name), wasm)?;
    }
    if release {
        offline::write_list(&staging)?;
    }
    Ok(())
}

/// Has wasm-bindgen make the JavaScript that goes with what loads at first.
fn bind(main: &Path, out: &Path, name: &str, release: bool) -> Result<()> {
    let mut bindgen = Command::new("wasm-bindgen");
    bindgen
        .arg(main)
        .args(["--target", "web", "--no-typescript"])
        // The parts are linked by these names.
        .args(["--keep-lld-exports", "--no-demangle"])
        .arg("--out-dir")
        .arg(out)
        .args(["--out-name", name]);
    if !release {
        bindgen.arg("--debug");
    }
    run(&mut bindgen)
}

/// Makes a program small, and shortens the names that it and its JavaScript have for the same things.
fn make_small(folder: &Path, name: &str, work: &Path) -> Result<()> {
    let (script, wasm) = (
        folder.join(format!("{name}.js")),
        folder.join(format!("{name}_bg.wasm")),
    );
    let small = optimized(&fs::read(&wasm)?, work)?;
    let names = Names::of(&small, &format!("./{name}_bg.js"))?;
    fs::write(
        &script,
        names.shorten_script(&fs::read_to_string(&script)?)?,
    )?;
    fs::write(&wasm, names.shorten_imports(&small)?)?;
    Ok(())
}

/// What wasm-opt makes of a module.
fn optimized(wasm: &[u8], work: &Path) -> Result<Vec<u8>> {
    let [first, second] = ROUNDS;
    let smaller = round(first, wasm, work)?;
    round(second, &likeness::named(&smaller)?, work)
}

fn round(options: &[&str], wasm: &[u8], work: &Path) -> Result<Vec<u8>> {
    let (before, after) = (work.join("before.wasm"), work.join("after.wasm"));
    fs::write(&before, wasm)?;
    run(Command::new("wasm-opt")
        .args(options)
        .args(OPTIMIZE)
        .arg(&before)
        .arg("-o")
        .arg(&after))?;
    Ok(fs::read(after)?)
}

/// `app-` and the hash that Trunk gave it.
fn name_of(staging: &Path) -> Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(staging)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(
            name.strip_suffix("_bg.wasm")
                .filter(|name| name.starts_with("app-"))
                .map(str::to_owned),
        );
    }
    match <[String; 1]>::try_from(names) {
        Ok([name]) => Ok(name),
        Err(names) => {
            Err(format!("Trunk should leave one app-*_bg.wasm, and left {names:?}").into())
        }
    }
}

/// Where cargo builds: this program was built there too, for this machine.
fn target_folder() -> Result<PathBuf> {
    let metadata = Command::new(variable("CARGO")?)
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
    let folder = metadata["target_directory"].as_str();
    Ok(PathBuf::from(
        folder.ok_or("cargo doesn't say where it builds")?,
    ))
}

fn variable(name: &str) -> Result<String> {
    env::var(name).map_err(|_| {
        format!("{name} isn't set; Trunk runs this, after it has built the page").into()
    })
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} has failed ({status})").into()),
        Err(error) => Err(format!("{program} can't be run: {error}").into()),
    }
}
