//! IndexedDB fails at each step in turn, and after every fault the store is the model as it was
//! before the call or as it is after it, never in between.
//!
//! Cases are drawn by proptest's strategies from seeds that are printed. They are run here and not
//! by `proptest-state-machine`, and what fails is made smaller here too: its transitions end before
//! they return, which no call of IndexedDB does.
//!
//! `EVENTLOOM_FAULT_CASES` and `EVENTLOOM_FAULT_SEED`, set when the tests are compiled, say how many
//! cases there are and the seed of the first; without a seed, that of a chosen number of cases is random. Each case has a seed of its own, one more than the
//! one before it.

mod copy;
mod first_layout;
mod found;
pub mod inject;
mod model;
mod operations;
mod run;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

pub use self::run::in_time;

use self::inject::Tally;
use self::operations::Case;

const CASES: u64 = 1_000;

/// So many meet every fault.
const MANY: u64 = 10_000;

/// The seed of the first case, where nobody chose how many there are.
const FIRST_SEED: u64 = 1;

/// A case that fails is run so often at most to find a smaller one that does.
const SMALLER: usize = 300;

/// So many characters of what went wrong are shown.
const TOLD: usize = 3_000;

fn number(text: Option<&str>) -> Option<u64> {
    text.map(|text| text.parse().expect("a whole number"))
}

#[wasm_bindgen_test]
async fn after_every_fault_the_store_is_as_before_the_call_or_as_after_it() {
    let chosen = number(option_env!("EVENTLOOM_FAULT_CASES"));
    let seed = number(option_env!("EVENTLOOM_FAULT_SEED"));
    let cases = chosen.unwrap_or(CASES);
    let first = seed.unwrap_or_else(|| match chosen {
        // What guards each change says the same of the same change.
        None => FIRST_SEED,
        Some(_) => (js_sys::Math::random() * 1e15) as u64,
    });
    console_log!("{cases} cases, seeds {first} to {}", first + cases - 1);
    let mut tally = Tally::default();
    for seed in first..first + cases {
        check(seed, &mut tally).await;
    }
    // Some are rare: the cases of each change can't meet all of them, ten thousand can.
    let missed = tally.missed();
    match chosen.is_some_and(|chosen| chosen >= MANY) {
        true => assert_eq!(missed, [], "never met"),
        false => console_log!("never met: {missed:?}"),
    }
    console_log!("how often each fault was met:\n{}", tally.report());
}

async fn check(seed: u64, tally: &mut Tally) {
    let config = Config {
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let mut tree = operations::case()
        .new_tree(&mut TestRunner::new(config))
        .unwrap();
    let case = tree.current();
    if let Err(told) = run::run(&case, tally).await {
        let begin: String = told.chars().take(TOLD).collect();
        console_log!("seed {seed} fails; looking for a smaller case. It was: {begin}");
        // What hangs would take too long to be made smaller.
        let (case, told) = match told.contains(run::NOTHING_CAME) {
            true => (case, told),
            false => smallest(&mut tree, case, told).await,
        };
        // A call's events would bury what is told.
        let told: String = told.chars().take(TOLD).collect();
        panic!("seed {seed}: {told}\nin {case:#?}");
    }
}

async fn smallest(
    tree: &mut impl ValueTree<Value = Case>,
    mut case: Case,
    mut told: String,
) -> (Case, String) {
    let mut smaller = tree.simplify();
    for _ in 0..SMALLER {
        if !smaller {
            break;
        }
        let tried = tree.current();
        smaller = match run::run(&tried, &mut Tally::default()).await {
            Ok(()) => tree.complicate(),
            Err(other) => {
                (case, told) = (tried, other);
                tree.simplify()
            }
        };
    }
    (case, told)
}
