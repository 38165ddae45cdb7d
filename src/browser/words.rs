//! What a store says, in the words of a page: of a browser, its tabs, and what stands in `Storage`.

use std::fmt;

use crate::store::{Loss, Recovery};

/// What was missing when a store was opened, for the person whose events they are.
#[derive(Clone, Copy, Debug)]
pub struct Recovered(pub Recovery);

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recovery {
            cause,
            restored,
            lost,
            set_aside,
            is_known,
            is_counted,
        } = self.0;
        let missing = |one, many| match is_counted {
            true => events(lost, one, many),
            false => format!("an unknown number of events {one}"),
        };
        if restored > 0 || lost > 0 {
            f.write_str(match cause {
                Loss::Deleted => "Your browser deleted this store; ",
                Loss::Shortened => "This store is damaged: its last events were missing; ",
                Loss::Damaged => "This store was damaged: some of its events couldn't be read; ",
                Loss::Unopened => "This store's database didn't open, and is as it was; ",
            })?;
        }
        match (restored, lost) {
            (0, 0) => {}
            (restored, lost) if cause == Loss::Unopened => {
                write!(
                    f,
                    "{} taken from the second copy",
                    events(restored, "was", "were")
                )?;
                if lost > 0 {
                    write!(f, ", and {} in that database alone", missing("is", "are"))?;
                }
            }
            (0, _) if !is_known => write!(
                f,
                "{} missing, and the second copy couldn't be asked for them. Nothing of it is \
                 overwritten, and it is asked again when this page is reloaded. If you have an export, \
                 import it",
                missing("is", "are")
            )?,
            (0, _) => write!(
                f,
                "{} lost, since no second copy has them. If you have an export, import it",
                missing("is", "are")
            )?,
            (restored, 0) => write!(
                f,
                "{} restored from the journal",
                events(restored, "was", "were")
            )?,
            (restored, _) => write!(
                f,
                "{} restored from the journal, and {} lost. If you have an export, import it; where that \
                 is refused, Verify says what is missing and what to do",
                events(restored, "was", "were"),
                missing("is", "are")
            )?,
        }
        match (set_aside, restored > 0 || lost > 0) {
            (0, _) => Ok(()),
            (set_aside, is_more) => write!(
                f,
                "{}{} found in the second copy that this store doesn't go on from. Nothing of them \
                 is deleted: Storage has them, set aside",
                if is_more { ". " } else { "" },
                events(set_aside, "was", "were")
            ),
        }
    }
}

fn events(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 event {one}"),
        _ => format!("{} events {many}", grouped(count)),
    }
}

/// A number with a comma between thousands, as the page writes them.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn told(cause: Loss, restored: u64, lost: u64) -> String {
        let recovery = Recovery {
            cause,
            restored,
            lost,
            set_aside: 0,
            is_known: true,
            is_counted: true,
        };
        Recovered(recovery).to_string()
    }

    #[wasm_bindgen_test]
    fn what_was_missing_is_told_in_a_sentence() {
        assert_eq!(
            told(Loss::Deleted, 3_771, 0),
            "Your browser deleted this store; 3,771 events were restored from the journal"
        );
        assert_eq!(
            told(Loss::Deleted, 1_234_567, 1),
            "Your browser deleted this store; 1,234,567 events were restored from the journal, and \
             1 event is lost. If you have an export, import it; where that is refused, Verify says what is \
             missing and what to do"
        );
        assert_eq!(
            told(Loss::Deleted, 0, 12),
            "Your browser deleted this store; 12 events are lost, since no second copy has them. \
             If you have an export, import it"
        );
        assert_eq!(
            told(Loss::Shortened, 1, 0),
            "This store is damaged: its last events were missing; 1 event was restored from the journal"
        );
    }

    #[wasm_bindgen_test]
    fn where_nobody_can_know_how_many_are_lost_no_number_is_told() {
        let uncounted = |restored| {
            let recovery = Recovery {
                cause: Loss::Shortened,
                restored,
                lost: 1,
                is_counted: false,
                ..Recovery::mended(0)
            };
            Recovered(recovery).to_string()
        };
        assert_eq!(
            uncounted(0),
            "This store is damaged: its last events were missing; an unknown number of events is lost, since \
             no second copy has them. If you have an export, import it"
        );
        assert_eq!(
            uncounted(2),
            "This store is damaged: its last events were missing; 2 events were restored from the journal, and an \
             unknown number of events is lost. If you have an export, import it; where that is refused, Verify says \
             what is missing and what to do"
        );
    }

    #[wasm_bindgen_test]
    fn what_was_taken_from_the_second_copy_is_told_and_the_rest_is_not_said_to_be_lost() {
        assert_eq!(
            told(Loss::Unopened, 10, 0),
            "This store's database didn't open, and is as it was; 10 events were taken from the second copy"
        );
        assert_eq!(
            told(Loss::Unopened, 9, 1),
            "This store's database didn't open, and is as it was; 9 events were taken from the second copy, \
             and 1 event is in that database alone"
        );
    }
}
