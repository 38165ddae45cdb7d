//! One round of the measurements of the core, told as JSON: by a program on this machine
//! (`core [--short]`), by a function in a browser. `cargo xtask bench core` builds and runs both.

#![allow(
    clippy::expect_used,
    reason = "a measurement of what went wrong is worth nothing"
)]

mod measure;
mod workload;

use measure::Extent;

/// All that is documented.
const WHOLE: Extent = Extent {
    counts: &[1_000, 10_000, 100_000, 1_000_000],
    folded: 1_000_000,
    passes: 9,
    looks: 4_000,
    copies: 20_000,
};

/// To see that it works.
const SHORT: Extent = Extent {
    counts: &[1_000, 10_000],
    folded: 20_000,
    passes: 3,
    looks: 200,
    copies: 2_000,
};

#[cfg(not(target_arch = "wasm32"))]
mod native;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    let extent = match std::env::args().nth(1).as_deref() {
        None => WHOLE,
        Some("--short") => SHORT,
        Some(other) => panic!("{other} is not known here; `--short` is"),
    };
    println!("{}", measure::round(&extent, &native::MACHINE));
}

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(target_arch = "wasm32")]
mod wasm {
    use wasm_bindgen::prelude::wasm_bindgen;

    use super::measure::{Machine, round};
    use super::{SHORT, WHOLE};

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance, js_name = now)]
        fn performance_now() -> f64;
    }

    /// One round, as JSON text.
    #[wasm_bindgen]
    pub fn measure(short: bool) -> String {
        console_error_panic_hook::set_once();
        let extent = if short { SHORT } else { WHOLE };
        let machine = Machine {
            now: || performance_now(),
            memory: || Some(core::arch::wasm32::memory_size(0) * 65_536),
        };
        round(&extent, &machine).to_string()
    }
}
