//! The words that the page uses in a sense of its own, each with a sentence: `Help` lists them, and they explain
//! themselves where they stand.

/// The words and what each means, so that none is explained by one that comes later.
pub const WORDS: &[(&str, &str)] = &[
    ("event", "something that happened; it never changes"),
    ("aggregate", "what events tell of, as one account"),
    ("stream", "all events of one aggregate, in order"),
    ("version", "an event's number in its stream"),
    ("position", "an event's number in the whole store"),
    ("appended", "added at a stream's end"),
    ("command", "a wish; it may be refused"),
    ("decide", "turn a command into events, or refuse"),
    ("fold", "go through events to what holds now"),
    ("state", "what folding gives"),
    ("thread", "a stream, drawn"),
    ("shuttle", "marks the version you look at"),
    ("correlation", "what one command led to shares it"),
    ("causation", "which event led to it"),
    ("schema version", "which form an event's data has"),
    ("durability", "what an appended event survives"),
    ("verify", "check each event by its checksum"),
];

/// What a word means; none where it isn't one of those.
#[must_use]
pub fn means(word: &str) -> Option<&'static str> {
    let found = WORDS.iter().find(|(of, _)| *of == word);
    found.map(|(_, means)| *means)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_at_most_120_words() {
        let all = WORDS.iter().flat_map(|(word, means)| [word, means]);
        let words: usize = all.map(|text| text.split_whitespace().count()).sum();
        assert!(words <= 120, "{words}");
    }

    #[test]
    fn no_word_is_explained_by_itself_or_one_that_comes_later() {
        for (index, (word, means)) in WORDS.iter().enumerate() {
            for (later, _) in &WORDS[index..] {
                // Its other forms begin alike: decided, folding, events.
                let stem = later.strip_suffix('e').unwrap_or(later);
                let uses = means
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|it| it.starts_with(stem));
                assert!(!uses, "{word} is explained by {later}");
            }
        }
    }
}
