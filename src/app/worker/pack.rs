//! A file that is packed with gzip, by the browser's own means.

use js_sys::Promise;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStream};

#[wasm_bindgen]
extern "C" {
    /// web-sys keeps it behind an unstable flag; browsers have had it since 2023.
    type CompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;

    /// Here it only takes a stream in whole.
    type Response;

    #[wasm_bindgen(constructor, catch)]
    fn new(body: &ReadableStream) -> Result<Response, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn blob(this: &Response) -> Result<Promise, JsValue>;
}

/// Packs a file.
///
/// # Errors
/// A sentence, where this browser can't.
pub async fn gzip(file: &Blob) -> Result<Blob, String> {
    let cannot = |_| "this browser can't pack files with gzip.".to_owned();
    let packed = begin(file).map_err(cannot)?;
    let packed = JsFuture::from(packed).await.map_err(cannot)?;
    Ok(packed.unchecked_into())
}

fn begin(file: &Blob) -> Result<Promise, JsValue> {
    let packing = CompressionStream::new("gzip")?;
    let stream = file.stream().pipe_through(packing.unchecked_ref());
    Response::new(&stream)?.blob()
}
