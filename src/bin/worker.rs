//! The page's worker: reads and writes files, and checks the store, so that the page stays quick.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    eventloom::app::worker::serve();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is a part of the page, which runs in a browser: `cargo xtask serve`.");
}
