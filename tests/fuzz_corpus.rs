//! What fuzzing keeps, once more on any compiler: every kept input of each decoder, and thousands of
//! changes to it, keep the decoder's law, on a stack as small as a browser's.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[path = "fuzz/decoders/mod.rs"]
mod decoders;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::thread;

use decoders::{DECODERS, Decoder};

/// So many changed inputs for each decoder.
const CHANGED: u64 = 1_000;

/// The stack that a decoder has to do with: half of what wasm has.
const STACK: usize = 512 * 1024;

/// The most bytes that all kept inputs may have together: they are fetched with every clone.
const MOST_KEPT: usize = 300_000;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz")
        .join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    };
    fs::read_dir(folder).unwrap().map(name).collect()
}

/// The kept inputs of a decoder, in the order of their names.
fn kept(decoder: &str) -> Vec<Vec<u8>> {
    let folder = folder("corpus").join(decoder);
    let read = |name: &String| fs::read(folder.join(name)).unwrap();
    names(&folder).iter().map(read).collect()
}

/// Feeds inputs to a decoder, and says which one it was that it didn't bear.
fn feed(name: &str, decoder: Decoder, inputs: impl Iterator<Item = (String, Vec<u8>)> + Send) {
    let run = || {
        for (which, input) in inputs {
            if let Err(panic) = catch_unwind(|| decoder(&input)) {
                let shown = String::from_utf8_lossy(&input);
                eprintln!("{name} broke its law with {which}:\n{shown:?}\nas bytes: {input:?}");
                resume_unwind(panic);
            }
        }
    };
    let outcome = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let running = thread.spawn_scoped(scope, AssertUnwindSafe(run).0).unwrap();
        running.join()
    });
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// Chance that is the same each time: SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another, which isn't 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// What decoders stumble over: the ends of numbers as text and as bytes, claims of more than there is,
/// and what opens and closes.
const BITES: &[&[u8]] = &[
    &[0],
    &[0x7f],
    &[0xff],
    &[0xff, 0xff, 0xff, 0xff],
    &[0x80, 0x80, 0x80, 0x80, 0x10],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551615",
    b"1e999",
    b"null",
    b"\\ud800",
    b"{",
    b"]",
    b"\"",
    b"\n",
    "é".as_bytes(),
];

/// One kept input, changed in one to four places.
fn changed(kept: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = kept[chance.below(kept.len())].clone();
    for _ in 0..=chance.below(4) {
        let at = chance.below(input.len() + 1);
        let end = at + chance.below(input.len() - at + 1).min(16);
        match chance.below(6) {
            0 if at < input.len() => input[at] ^= 1 << chance.below(8),
            1 => drop(input.drain(at..end)),
            2 => input.truncate(at),
            3 => {
                let other = &kept[chance.below(kept.len())];
                let from = chance.below(other.len() + 1);
                input.splice(at.., other[from..].iter().copied());
            }
            4 => {
                let again = input[at..end].repeat(1 + chance.below(200));
                input.splice(at..at, again);
            }
            _ => {
                let bite = BITES[chance.below(BITES.len())];
                input.splice(at..end, bite.iter().copied());
            }
        }
    }
    input
}

#[test]
fn every_decoder_has_a_target_and_kept_inputs_of_bearable_size() {
    let expected: BTreeSet<String> = DECODERS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(names(&folder("fuzz_targets")), expected);
    assert_eq!(names(&folder("corpus")), expected);
    let mut size = 0;
    for (name, _) in DECODERS {
        let kept = kept(name);
        assert!(!kept.is_empty(), "{name}");
        size += kept.iter().map(Vec::len).sum::<usize>();
    }
    assert!(
        size <= MOST_KEPT,
        "{size} bytes; make them fewer with `cargo fuzz cmin`"
    );
}

#[test]
fn every_kept_input_keeps_its_decoder_s_law() {
    for (name, decoder) in DECODERS {
        let inputs = (0..).zip(kept(name));
        feed(
            name,
            *decoder,
            inputs.map(|(number, input)| (format!("kept input {number}"), input)),
        );
    }
}

#[test]
fn every_changed_input_keeps_its_decoder_s_law() {
    for (name, decoder) in DECODERS {
        let kept = kept(name);
        let inputs = (0..CHANGED).map(|seed| {
            let input = changed(&kept, &mut Chance(seed));
            (format!("seed {seed}"), input)
        });
        feed(name, *decoder, inputs);
    }
}

#[test]
fn nesting_and_claims_without_end_are_refused_on_a_small_stack() {
    for (name, decoder) in DECODERS {
        let endless = ["[", "{\"a\":", "\"", "[{\"a\":", "-", "#/", "\n", "+A:[\n"];
        let endless = endless.iter().flat_map(|text| {
            // Choosing bytes, and what stands before a payload.
            [
                "",
                "0",
                "1",
                "2",
                "2+A:",
                "{\"specversion\":\"1.0\",\"data\":",
            ]
            .map(|before| format!("{before}{}", text.repeat(20_000)).into_bytes())
        });
        let claims = BITES
            .iter()
            .flat_map(|bite| (0..6).map(|ones| [&[1].repeat(ones), *bite].concat()));
        let inputs = endless.chain(claims).enumerate();
        feed(
            name,
            *decoder,
            inputs.map(|(number, input)| (format!("input {number}"), input)),
        );
    }
}
