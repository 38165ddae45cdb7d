//! In which order the functions of a module pack best: those that are alike beside each other. WebAssembly gives
//! functions no order; wasm-opt can sort them by their names, so they get names that say which comes when.

use std::collections::HashMap;

use crate::module::{CODE, FUNCTION, imports, number, sections, take, write_number, write_text};

/// Of so many bytes each are the pieces by which two functions are alike.
const PIECE: usize = 4;
/// A piece that more functions have than this tells nothing.
const COMMON: usize = 1_000;
/// Functions that are less alike than this are not at all.
const LEAST: f64 = 0.002;

/// A module without names, with names by which its functions lie beside those that they are most alike.
///
/// # Errors
/// What isn't as it should be.
pub fn named(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let imports = imports(wasm)?;
    let functions = imports.iter().filter(|import| import.kind[0] == FUNCTION);
    let imported = functions.count();
    let order = order(&bodies(wasm)?);
    let mut places = vec![0; order.len()];
    for (place, function) in order.into_iter().enumerate() {
        places[function] = place;
    }
    let mut list = Vec::new();
    write_number(&mut list, places.len());
    for (function, place) in places.into_iter().enumerate() {
        write_number(&mut list, imported + function);
        write_text(&mut list, &format!("{place:06}"));
    }
    const CUSTOM: u8 = 0;
    const OF_FUNCTIONS: u8 = 1;
    let mut section = Vec::new();
    write_text(&mut section, "name");
    section.push(OF_FUNCTIONS);
    write_number(&mut section, list.len());
    section.extend(list);
    let mut named = wasm.to_vec();
    named.push(CUSTOM);
    write_number(&mut named, section.len());
    named.extend(section);
    Ok(named)
}

fn bodies(wasm: &[u8]) -> Result<Vec<&[u8]>, String> {
    let section = sections(wasm)?.into_iter().find(|(id, _)| *id == CODE);
    let Some((_, mut rest)) = section else {
        return Ok(Vec::new());
    };
    let count = number(&mut rest)?;
    (0..count)
        .map(|_| {
            let length = number(&mut rest)?;
            take(&mut rest, length)
        })
        .collect()
}

/// After each the one that is most like it of those that are left; where none is, the first of them.
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let pieces: Vec<Vec<&[u8]>> = bodies.iter().map(|body| pieces(body)).collect();
    let mut holders: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (function, pieces) in pieces.iter().enumerate() {
        for piece in pieces {
            holders.entry(piece).or_default().push(function);
        }
    }
    let mut is_left = vec![true; bodies.len()];
    let mut order = Vec::with_capacity(bodies.len());
    let mut first_left = 0;
    let mut shared = vec![0_u32; bodies.len()];
    while let Some(offset) = is_left[first_left..].iter().position(|is_left| *is_left) {
        first_left += offset;
        let mut next = Some(first_left);
        while let Some(function) = next {
            is_left[function] = false;
            order.push(function);
            let mut alike = Vec::new();
            for piece in &pieces[function] {
                let holders = &holders[piece];
                if holders.len() > COMMON {
                    continue;
                }
                for other in holders.iter().copied().filter(|other| is_left[*other]) {
                    if shared[other] == 0 {
                        alike.push(other);
                    }
                    shared[other] += 1;
                }
            }
            let mut most = LEAST;
            next = None;
            for other in alike {
                let both = pieces[function].len() + pieces[other].len();
                let likeness = f64::from(std::mem::take(&mut shared[other])) / both as f64;
                if likeness > most {
                    (most, next) = (likeness, Some(other));
                }
            }
        }
    }
    order
}

fn pieces(body: &[u8]) -> Vec<&[u8]> {
    let mut pieces: Vec<&[u8]> = body.windows(PIECE).collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_are_alike_come_one_after_the_other() {
        let bodies: [&[u8]; 5] = [
            b"one that adds two numbers",
            b"ANOTHER OF ANOTHER KIND",
            b"one that adds ten numbers",
            b"",
            b"ANOTHER OF THAT OTHER KIND",
        ];
        assert_eq!(order(&bodies), [0, 2, 1, 4, 3]);
    }

    #[test]
    fn each_function_gets_the_name_of_its_place() {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        // A memory and a function are imported, and three functions are there.
        wasm.extend([2, 12, 2, 0, 0, 2, 1, 1, 2, 0, 1, b'f', FUNCTION, 0]);
        let bodies: [&[u8]; 3] = [b"abcdefgh", b"12345678", b"abcdefgi"];
        wasm.extend([CODE, 28, 3]);
        for body in bodies {
            wasm.push(8);
            wasm.extend(body);
        }
        let named = named(&wasm).unwrap();
        let (kept, names) = named.split_at(wasm.len());
        assert_eq!(kept, wasm);
        let mut expected = vec![0, 32, 4, b'n', b'a', b'm', b'e', 1, 25, 3];
        for (function, place) in [(1, b"000000"), (2, b"000002"), (3, b"000001")] {
            expected.extend([function, 6]);
            expected.extend(place);
        }
        assert_eq!(names, expected);
    }

    #[test]
    fn a_torn_module_is_refused() {
        assert!(named(b"\0asm\x01\0\0\0\x0a\x02\x01\x05").is_err());
        assert!(named(b"\0asm").is_err());
    }
}
