//! How a journal's file is changed.

/// What is to be done to the file, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Cut it to so many bytes.
    pub cut: Option<u64>,
    /// Bytes, and where they go.
    pub bytes: Vec<(u64, Vec<u8>)>,
}
