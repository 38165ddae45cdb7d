//! The names by which the program asks its JavaScript for what a browser does: `__wbg_setAttribute_c1e4f2…` becomes
//! `aB`. There are some hundreds, which hardly pack, and nobody else reads them.

use std::collections::HashMap;

use crate::module::{IMPORTS, Import, MAGIC, TORN, imports, sections, write_number, write_text};

/// The names that a module imports from its JavaScript, and the short ones that they get.
pub struct Names {
    module: String,
    short: HashMap<String, String>,
}

impl Names {
    /// Of all that `wasm` imports from `module`.
    ///
    /// # Errors
    /// What isn't as it should be.
    pub fn of(wasm: &[u8], module: &str) -> Result<Names, String> {
        let mut names = Names {
            module: module.to_owned(),
            short: HashMap::new(),
        };
        for import in imports(wasm)? {
            if import.module == module && !names.short.contains_key(import.name) {
                let short = short(names.short.len());
                names.short.insert(import.name.to_owned(), short);
            }
        }
        match names.short.is_empty() {
            true => Err(format!("the program imports nothing from {module}")),
            false => Ok(names),
        }
    }

    /// The module with the short names.
    ///
    /// # Errors
    /// What isn't as it should be.
    pub fn shorten_imports(&self, wasm: &[u8]) -> Result<Vec<u8>, String> {
        let imports = imports(wasm)?;
        let mut section = Vec::new();
        write_number(&mut section, imports.len());
        for Import { module, name, kind } in &imports {
            let short = self.short.get(*name).filter(|_| *module == self.module);
            write_text(&mut section, module);
            write_text(&mut section, short.map_or(*name, String::as_str));
            section.extend(*kind);
        }
        let mut written = wasm.get(..MAGIC).ok_or(TORN)?.to_vec();
        for (id, content) in sections(wasm)? {
            let content = if id == IMPORTS { &section } else { content };
            written.push(id);
            write_number(&mut written, content.len());
            written.extend(content);
        }
        Ok(written)
    }

    /// The JavaScript with the short names: each stands there once, as a key at the beginning of a line.
    ///
    /// # Errors
    /// Where one stands there not at all, or more than once.
    pub fn shorten_script(&self, script: &str) -> Result<String, String> {
        let mut found = 0;
        let lines = script.split('\n').map(|line| {
            let key = line.trim_start().split_once(':');
            match key.and_then(|(key, rest)| Some((self.short.get(key)?, rest))) {
                Some((short, rest)) => {
                    found += 1;
                    format!("{short}:{rest}")
                }
                None => line.to_owned(),
            }
        });
        let shortened = lines.collect::<Vec<_>>().join("\n");
        let left = self.short.keys().find(|name| shortened.contains(*name));
        match left {
            Some(name) => Err(format!(
                "the program's JavaScript names {name} in another way"
            )),
            None if found != self.short.len() => Err(format!(
                "the program imports {} names, and its JavaScript has {found} of them",
                self.short.len()
            )),
            None => Ok(shortened),
        }
    }
}

/// The name of this number: `a` to `Z`, then two letters.
fn short(number: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let letter = |number: usize| char::from(LETTERS[number % LETTERS.len()]);
    match number / LETTERS.len() {
        0 => letter(number).to_string(),
        more => format!("{}{}", letter(number), short(more - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::FUNCTION;

    /// A module that imports these functions, all of type 0, and has a section of another kind after them.
    fn module(imports: &[(&str, &str)]) -> Vec<u8> {
        let mut section = vec![imports.len() as u8];
        for (module, name) in imports {
            for text in [module, name] {
                section.push(text.len() as u8);
                section.extend(text.as_bytes());
            }
            section.extend([FUNCTION, 0]);
        }
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        wasm.extend([1, 4, 1, 0x60, 0, 0, IMPORTS, section.len() as u8]);
        wasm.extend(section);
        wasm.extend([0, 3, 1, b'x', 9]);
        wasm
    }

    const LONG: &[(&str, &str)] = &[
        ("./app_bg.js", "__wbg_set_c1"),
        ("./parts.js", "__wbg_set_c1"),
        ("./app_bg.js", "__wbg_get_d2"),
    ];

    #[test]
    fn what_is_imported_from_the_script_gets_a_short_name_and_nothing_else_does() {
        let long = module(LONG);
        let names = Names::of(&long, "./app_bg.js").unwrap();
        let expected = module(&[
            ("./app_bg.js", "a"),
            ("./parts.js", "__wbg_set_c1"),
            ("./app_bg.js", "b"),
        ]);
        assert_eq!(names.shorten_imports(&long).unwrap(), expected);
    }

    #[test]
    fn the_script_gets_the_same_names() {
        let names = Names::of(&module(LONG), "./app_bg.js").unwrap();
        let script = "const import0 = {\n    __wbg_set_c1: function() {},\n    __wbg_get_d2: function() {},\n};";
        assert_eq!(
            names.shorten_script(script).unwrap(),
            "const import0 = {\na: function() {},\nb: function() {},\n};"
        );
    }

    #[test]
    fn a_script_that_names_them_otherwise_is_refused() {
        let names = Names::of(&module(LONG), "./app_bg.js").unwrap();
        for script in [
            "__wbg_set_c1: 1",
            "__wbg_set_c1: 1\n__wbg_get_d2: __wbg_set_c1",
            "__wbg_set_c1: 1\n__wbg_get_d2: 1\n__wbg_get_d2: 1",
        ] {
            assert!(names.shorten_script(script).is_err(), "{script}");
        }
    }

    #[test]
    fn a_torn_module_is_refused() {
        let whole = module(LONG);
        for end in 0..whole.len() - 5 {
            assert!(Names::of(&whole[..end], "./app_bg.js").is_err(), "{end}");
        }
    }

    #[test]
    fn every_number_has_a_name_of_its_own() {
        let mut names: Vec<String> = (0..6_000).map(short).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 6_000);
    }
}
