//! Numbers, texts and bytes one after the other, as postcard writes them. Written by hand rather than
//! derived: what is derived takes ten times the code, and the page has to be loaded.

/// Adds a number, seven bits a byte, the lowest first; the eighth bit says that more follow. Numbers of a
/// log are below 2^63, and no others are read again.
pub(in crate::log) fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Adds bytes, after how many there are.
pub(in crate::log) fn put_bytes(bytes: &mut Vec<u8>, some: &[u8]) {
    put(bytes, some.len() as u64);
    bytes.extend_from_slice(some);
}

/// What wasn't read yet.
pub(in crate::log) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    /// None beyond 2^63 − 1: so whoever reads two may add them, and one more, without overflow.
    pub(in crate::log) fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(in crate::log) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    pub(in crate::log) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(in crate::log) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}
