//! Copies of a state along its stream, from which a fold can begin; bounded in memory however long
//! the stream and however large its state.

use std::rc::Rc;

use crate::core::JsonValue;
use crate::model::Instance;

/// How many events lie between two checkpoints at first: the most that one look back has to fold
/// as long as all of them have room.
const CLOSEST: usize = 128;

/// What an instance takes beside its state: itself, its stream's name, a reference to it.
const INSTANCE: usize = 256;

/// What an entry of an object takes beside the texts and the value: the key, its hash, its place
/// in the index, and what the allocator keeps for itself.
const ENTRY: usize = 6 * size_of::<usize>() + ALLOCATION;

const ALLOCATION: usize = 2 * size_of::<usize>();

/// What an object takes beside its entries: its list of them, its index, and what finds a place there.
const OBJECT: usize = 9 * size_of::<usize>() + ALLOCATION;

/// A stream's checkpoints, evenly spaced. When those kept take more memory than is allowed, every
/// second one is dropped, and from then on they lie twice as far apart.
#[derive(Clone)]
pub struct Checkpoints {
    memory: usize,
    every: usize,
    /// The state at version `index * every`.
    kept: Vec<Checkpoint>,
    bytes: usize,
}

#[derive(Clone)]
struct Checkpoint {
    state: Rc<dyn Instance>,
    bytes: usize,
}

impl Checkpoints {
    /// None yet: the first that is offered must be the state before the first event, and is kept
    /// whatever it takes.
    pub(super) fn new(memory: usize) -> Checkpoints {
        Checkpoints {
            memory,
            every: CLOSEST,
            kept: Vec::new(),
            bytes: 0,
        }
    }

    /// Keeps a copy of the state after so many events, where one is due.
    pub(super) fn offer(&mut self, events: usize, state: &dyn Instance) {
        if events != self.kept.len() * self.every {
            return;
        }
        let bytes = INSTANCE + weight(&state.view());
        let state = Rc::from(state.fork());
        self.kept.push(Checkpoint { state, bytes });
        self.bytes += bytes;
        while self.bytes > self.memory && self.kept.len() > 1 {
            self.thin_out();
        }
    }

    fn thin_out(&mut self) {
        self.every *= 2;
        let (mut index, mut bytes) = (0, 0);
        self.kept.retain(|checkpoint| {
            index += 1;
            let stays = index % 2 == 1;
            if stays {
                bytes += checkpoint.bytes;
            }
            stays
        });
        self.bytes = bytes;
    }

    /// The last one at or before a version that the stream has, and how many events it has folded.
    pub(super) fn before(&self, version: usize) -> (usize, &Rc<dyn Instance>) {
        let index = (version / self.every).min(self.kept.len() - 1);
        (index * self.every, &self.kept[index].state)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.kept.len()
    }

    /// How many events lie between two of them: the most that one look back has to fold.
    #[must_use]
    pub fn every(&self) -> usize {
        self.every
    }

    /// What they take of the memory that is allowed. Each is counted as if its state were held as
    /// [`Instance::view`] gives it, which is more than a typed state takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The memory that a value takes.
fn weight(value: &JsonValue) -> usize {
    let mut bytes = size_of::<JsonValue>();
    match value {
        JsonValue::Text(text) | JsonValue::Broken(text) => bytes += ALLOCATION + text.len(),
        JsonValue::Number(number) => bytes += ALLOCATION + number.as_str().len(),
        JsonValue::List(items) => items.iter().for_each(|item| bytes += weight(item)),
        JsonValue::Object(fields) => {
            bytes += OBJECT;
            for (key, value) in fields.iter() {
                bytes += ENTRY + key.len() + weight(value);
            }
        }
        _ => {}
    }
    bytes
}
