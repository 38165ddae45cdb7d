//! The bytes of a chosen file, a piece at a time, unpacked where it is packed with gzip.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStreamDefaultReader};

#[wasm_bindgen]
extern "C" {
    /// web-sys keeps it behind an unstable flag; browsers have had it since 2023.
    type DecompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

/// How files that are packed with gzip begin.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// By how much a packed log may have shrunk: a guess, for the progress alone.
const SHRUNK: f64 = 10.0;

/// So many unpacked bytes are handed to the browser at once, which keeps what is large on disk.
const PART: usize = 4 << 20;

/// A file that is being read.
pub struct Pieces {
    file: Blob,
    reader: ReadableStreamDefaultReader,
    read: f64,
    expected: f64,
    unpacked: Option<Unpacked>,
}

/// What was read of a packed file.
#[derive(Default)]
struct Unpacked {
    parts: Array,
    /// What isn't a part yet.
    rest: Vec<u8>,
}

impl Unpacked {
    fn close_part(&mut self) {
        let part = gloo::file::Blob::new(self.rest.as_slice());
        self.parts.push(&part.into());
        self.rest.clear();
    }
}

impl Pieces {
    /// Begins to read a file.
    ///
    /// # Errors
    /// A sentence's rest, where the file can't be read, or unpacked by this browser.
    pub async fn of(file: &Blob) -> Result<Pieces, String> {
        let head = file.slice_with_f64_and_f64(0.0, 2.0).map_err(unreadable)?;
        let head = JsFuture::from(head.array_buffer())
            .await
            .map_err(unreadable)?;
        let packed = Uint8Array::new(&head).to_vec() == GZIP;
        let stream = if packed {
            let unpacking = DecompressionStream::new("gzip")
                .map_err(|_| "this browser can't unpack gzip; unpack the file first".to_owned())?;
            file.stream().pipe_through(unpacking.unchecked_ref())
        } else {
            file.stream()
        };
        Ok(Pieces {
            file: file.clone(),
            unpacked: packed.then(Unpacked::default),
            reader: stream.get_reader().unchecked_into(),
            read: 0.0,
            expected: file.size() * if packed { SHRUNK } else { 1.0 },
        })
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// A sentence's rest, where the file can't be read or isn't whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        let answer = JsFuture::from(self.reader.read())
            .await
            .map_err(unreadable)?;
        let field = |name: &str| Reflect::get(&answer, &name.into()).unwrap_or(JsValue::UNDEFINED);
        if field("done").is_truthy() {
            return Ok(None);
        }
        let piece = Uint8Array::new(&field("value")).to_vec();
        self.read += piece.len() as f64;
        if let Some(unpacked) = &mut self.unpacked {
            unpacked.rest.extend_from_slice(&piece);
            if unpacked.rest.len() >= PART {
                unpacked.close_part();
            }
        }
        Ok(Some(piece))
    }

    /// The file that was read, unpacked, to be read once more.
    ///
    /// # Errors
    /// A sentence's rest, where the browser has no room for it.
    pub fn unpacked(self) -> Result<Blob, String> {
        let Some(mut unpacked) = self.unpacked else {
            return Ok(self.file);
        };
        unpacked.close_part();
        Blob::new_with_blob_sequence(&unpacked.parts)
            .map_err(|_| "the browser has no room to unpack the file".to_owned())
    }

    /// What share of the file has been read, from 0 to 1; an estimate for a packed one.
    pub fn share(&self) -> f64 {
        (self.read / self.expected.max(1.0)).min(1.0)
    }
}

pub fn unreadable(reason: JsValue) -> String {
    let reason = reason
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()))
        .filter(|message| !message.is_empty())
        .unwrap_or_else(|| "it is damaged, or no longer there".to_owned());
    format!("the file can't be read: {}", reason.trim_end_matches('.'))
}
