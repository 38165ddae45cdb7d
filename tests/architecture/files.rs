//! Which file uses which, as their text says it: by `use`, and by paths in the code. A door, which only says which
//! modules there are and what of them is seen, uses nothing: a path through it leads to the file behind it.

use std::collections::{BTreeMap, BTreeSet};

/// A path as it is written: `["super", "log", "Log"]`.
type Written = Vec<String>;

/// The files of the library by the module that each is: `store::memory`.
pub struct Files {
    files: BTreeMap<String, File>,
}

#[derive(Default)]
struct File {
    /// What it brings in, under which name.
    imports: Vec<(String, Written)>,
    /// Paths in its code.
    paths: Vec<Written>,
    is_door: bool,
}

impl Files {
    /// Reads them. Each comes as its path in `src` and its text.
    pub fn read<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Files {
        let mut files = BTreeMap::new();
        for (path, text) in sources {
            let module = path.trim_end_matches(".rs").replace('/', "::");
            let module = module.strip_suffix("::mod").unwrap_or(&module);
            let module = if module == "lib" { "" } else { module };
            files.insert(module.to_owned(), File::read(text));
        }
        Files { files }
    }

    /// The files that use one another in a circle, each circle in order.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let uses: BTreeMap<&str, BTreeSet<&str>> = self
            .files
            .iter()
            .filter(|(_, file)| !file.is_door)
            .map(|(module, file)| (&**module, self.used_by(module, file)))
            .collect();
        let reached: BTreeMap<&str, BTreeSet<&str>> = uses
            .keys()
            .map(|from| (*from, reached_from(from, &uses)))
            .collect();
        let mut circles = BTreeSet::new();
        for (from, far) in &reached {
            if far.contains(from) {
                let back = |other: &&&str| reached[**other].contains(from);
                circles.insert(far.iter().filter(back).map(|m| (*m).to_owned()).collect());
            }
        }
        circles.into_iter().collect()
    }

    fn used_by(&self, module: &str, file: &File) -> BTreeSet<&str> {
        let imports = file.imports.iter().map(|(_, path)| path);
        let mut used: BTreeSet<&str> = imports
            .chain(&file.paths)
            .filter_map(|path| self.led_to(module, path, 0))
            .collect();
        // A path that begins with what was brought in: `use super::naming;` and then `naming::current`.
        for path in &file.paths {
            let brought = file.imports.iter().find(|(name, _)| *name == path[0]);
            if let Some((_, import)) = brought {
                let whole = [&import[..], &path[1..]].concat();
                used.extend(self.led_to(module, &whole, 0));
            }
        }
        used.retain(|other| *other != module && !self.files[*other].is_door);
        used
    }

    /// The file in which a path of this module ends; none where it leads out of the library.
    fn led_to(&self, module: &str, path: &[String], depth: usize) -> Option<&str> {
        let mut rest = path;
        let mut at = match &*path[0] {
            "crate" => String::new(),
            "self" | "super" => module.to_owned(),
            _ if self.child(module, &path[0]).is_some() => module.to_owned(),
            _ => return None,
        };
        while let Some((first, later)) = rest.split_first()
            && matches!(&**first, "crate" | "self" | "super")
        {
            if first == "super" {
                at = at
                    .rsplit_once("::")
                    .map_or("", |(parent, _)| parent)
                    .to_owned();
            }
            rest = later;
        }
        while let Some((first, later)) = rest.split_first()
            && let Some(child) = self.child(&at, first)
        {
            at = child.to_owned();
            rest = later;
        }
        let (module, file) = self.files.get_key_value(&at)?;
        // What a module brings in is elsewhere, also where that is seen through it.
        let brought = rest.first().and_then(|name| {
            let import = file.imports.iter().find(|(known, _)| known == name)?;
            (depth < 8).then(|| self.led_to(module, &import.1, depth + 1))?
        });
        Some(brought.unwrap_or(module))
    }

    /// The module of this name within another.
    fn child(&self, module: &str, name: &str) -> Option<&str> {
        let whole = match module {
            "" => name.to_owned(),
            _ => format!("{module}::{name}"),
        };
        Some(self.files.get_key_value(&whole)?.0)
    }
}

fn reached_from<'a>(from: &str, uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = uses[from].iter().copied().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(&uses[module]);
        }
    }
    reached
}

impl File {
    fn read(text: &str) -> File {
        // Tests that stand in a file use what they like.
        let text = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or(text);
        let words = words(text);
        let mut file = File::default();
        let mut has_code = false;
        let mut at = 0;
        while at < words.len() {
            match &*words[at] {
                "use" => {
                    let end = end_of(&words, at, ";");
                    brought(&words[at + 1..end], &[], &mut file.imports);
                    at = end;
                }
                // `pub(in super::super)` says who sees something, and uses nothing.
                "pub" if words.get(at + 1).is_some_and(|word| word == "(") => {
                    at = end_of(&words, at, ")");
                }
                "mod" => at = end_of(&words, at, ";"),
                "#" => at = end_of(&words, at, "]"),
                "pub" => {}
                _ => {
                    has_code = true;
                    let before = at.checked_sub(1).map(|before| &*words[before]);
                    let mut path = vec![words[at].clone()];
                    while words.get(at + 1).is_some_and(|word| word == "::")
                        && words.get(at + 2).is_some_and(|word| is_name(word))
                    {
                        path.push(words[at + 2].clone());
                        at += 2;
                    }
                    let is_path = path.len() > 1 && is_name(&path[0]);
                    if is_path && !matches!(before, Some("::" | "." | "$")) {
                        file.paths.push(path);
                    }
                }
            }
            at += 1;
        }
        file.is_door = !has_code;
        file
    }
}

/// What a `use` brings in: `a::{b, c as d}`.
fn brought(words: &[String], before: &[String], into: &mut Vec<(String, Written)>) {
    let mut path = before.to_vec();
    let mut at = 0;
    while at < words.len() {
        match &*words[at] {
            "::" => {}
            "{" => {
                let mut from = at + 1;
                let mut depth = 0;
                for (index, word) in words.iter().enumerate().skip(at + 1) {
                    match &**word {
                        "{" => depth += 1,
                        "}" if depth > 0 => depth -= 1,
                        "," | "}" if depth == 0 => {
                            brought(&words[from..index], &path, into);
                            from = index + 1;
                        }
                        _ => {}
                    }
                }
                return;
            }
            "as" => {
                into.push((words[at + 1].clone(), path));
                return;
            }
            "self" if !path.is_empty() && words.len() == 1 => {}
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    if !words.is_empty()
        && let Some(last) = path.last()
    {
        into.push((last.clone(), path.clone()));
    }
}

fn end_of(words: &[String], from: usize, end: &str) -> usize {
    let found = words[from..].iter().position(|word| word == end);
    found.map_or(words.len(), |found| from + found)
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The words of a source: names, `::`, and other characters one by one. Comments and texts are left out.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            let mut is_escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == '"' && !is_escaped;
                is_escaped = *c == '\\' && !is_escaped;
                ends
            });
            end.map_or(rest.len(), |(index, _)| index + 1)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("::") {
            words.push("::".to_owned());
            2
        } else if is_name(rest) {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let end = end.unwrap_or(rest.len());
            words.push(rest[..end].to_owned());
            end
        } else {
            if !first.is_whitespace() {
                words.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    words
}

#[test]
fn a_circle_is_found_through_a_door_and_by_a_path_in_the_code() {
    let files = Files::read([
        (
            "a/mod.rs",
            "//! A door.\nmod one;\nmod two;\npub use self::two::Two;",
        ),
        ("a/one.rs", "use super::Two;\nfn one() {}"),
        (
            "a/two.rs",
            "use crate::b;\nstruct Two; fn two() { b::three() }",
        ),
        (
            "b.rs",
            "pub(in crate::a) fn three() { crate::a::one::one() }",
        ),
        (
            "c.rs",
            "use crate::b;\n// crate::d\nfn four() { \"crate::c\" }",
        ),
        ("d.rs", "use crate::c::four;\nfn five() {}"),
    ]);
    let circle = ["a::one", "a::two", "b"].map(str::to_owned).to_vec();
    assert_eq!(files.circles(), [circle]);
}
