//! The decoders that read what others wrote, each as a plain function of bytes that panics where it
//! doesn't keep its law. Shared by the fuzz targets and by `tests/fuzz_corpus.rs`.

mod archive;
mod first_journal;
mod journal;
mod models;
mod segments;
mod texts;

pub use archive::archive;
pub use first_journal::first_journal;
pub use journal::journal;
pub use models::{forms, models, snapshots};
pub use segments::{directory, index, packed};
pub use texts::{json, texts};

/// A decoder and its law: panics where it doesn't keep it.
pub type Decoder = fn(&[u8]);

/// Each decoder by its name, which is that of its fuzz target and of its folder of kept inputs.
pub const DECODERS: &[(&str, Decoder)] = &[
    ("archive", archive),
    ("directory", directory),
    ("first_journal", first_journal),
    ("forms", forms),
    ("index", index),
    ("journal", journal),
    ("json", json),
    ("models", models),
    ("packed", packed),
    ("snapshots", snapshots),
    ("texts", texts),
];

/// The first byte, with which an input chooses, and the rest.
fn choice(bytes: &[u8]) -> (u8, &[u8]) {
    bytes
        .split_first()
        .map_or((0, bytes), |(first, rest)| (*first, rest))
}
