//! Reading and writing the outer form of a WebAssembly module: its sections, and what it imports.

/// What every module begins with.
pub const MAGIC: usize = 8;
/// The number of the section that says what is imported.
pub const IMPORTS: u8 = 2;
/// The number of the section that holds the functions.
pub const CODE: u8 = 10;
/// How an imported function is told from other things.
pub const FUNCTION: u8 = 0;

/// That a module isn't as it should be.
pub const TORN: &str = "the program's module is torn";

/// Something that a module imports.
pub struct Import<'a> {
    pub module: &'a str,
    pub name: &'a str,
    /// What it is, as it stands there: a function begins with [`FUNCTION`].
    pub kind: &'a [u8],
}

/// All that a module imports.
///
/// # Errors
/// What isn't as it should be.
pub fn imports(wasm: &[u8]) -> Result<Vec<Import<'_>>, String> {
    let section = sections(wasm)?.into_iter().find(|(id, _)| *id == IMPORTS);
    let Some((_, mut rest)) = section else {
        return Ok(Vec::new());
    };
    let count = number(&mut rest)?;
    (0..count)
        .map(|_| {
            let (module, name) = (text(&mut rest)?, text(&mut rest)?);
            let start = rest;
            skip_kind(&mut rest)?;
            let kind = &start[..start.len() - rest.len()];
            Ok(Import { module, name, kind })
        })
        .collect()
}

fn skip_kind(rest: &mut &[u8]) -> Result<(), String> {
    const TABLE: u8 = 1;
    const MEMORY: u8 = 2;
    const GLOBAL: u8 = 3;
    match take(rest, 1)?[0] {
        FUNCTION => number(rest).map(|_| ()),
        TABLE => take(rest, 1).and_then(|_| skip_limits(rest)),
        MEMORY => skip_limits(rest),
        GLOBAL => take(rest, 2).map(|_| ()),
        kind => Err(format!("the program imports something of kind {kind}")),
    }
}

fn skip_limits(rest: &mut &[u8]) -> Result<(), String> {
    let has_most = number(rest)? & 1 == 1;
    number(rest)?;
    if has_most {
        number(rest)?;
    }
    Ok(())
}

/// The sections of a module, each with its number.
///
/// # Errors
/// What isn't as it should be.
pub fn sections(wasm: &[u8]) -> Result<Vec<(u8, &[u8])>, String> {
    let mut rest = wasm.get(MAGIC..).ok_or(TORN)?;
    let mut sections = Vec::new();
    while let [id, ..] = rest {
        rest = &rest[1..];
        let length = number(&mut rest)?;
        sections.push((*id, take(&mut rest, length)?));
    }
    Ok(sections)
}

fn text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, String> {
    let length = number(rest)?;
    std::str::from_utf8(take(rest, length)?).map_err(|error| error.to_string())
}

/// So many bytes, which are then no more among the rest.
///
/// # Errors
/// There aren't as many.
pub fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (taken, after) = rest.split_at_checked(length).ok_or(TORN)?;
    *rest = after;
    Ok(taken)
}

/// A number as WebAssembly writes it: seven bits a byte, the lowest first.
///
/// # Errors
/// There is none.
pub fn number(rest: &mut &[u8]) -> Result<usize, String> {
    let mut number = 0;
    for shift in (0..32).step_by(7) {
        let byte = take(rest, 1)?[0];
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(TORN.to_owned())
}

/// Writes a number as WebAssembly does.
pub fn write_number(into: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        into.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Writes a text as WebAssembly does.
pub fn write_text(into: &mut Vec<u8>, text: &str) {
    write_number(into, text.len());
    into.extend(text.as_bytes());
}
