//! Whatever happens in whatever order: no panic, and what is shown exists.

use eventloom::app::action::{
    Action, AfterReset, Effect, Imported, NotReset, Packing, Settled, Step,
};
use eventloom::app::asked::View;
use eventloom::app::state::{Dialog, State, Storage, Theme};
use eventloom::core::{ExpectedVersion, Version};
use eventloom::store::{AppendError, StoreError};
use proptest::prelude::*;

use super::damaged::damaged_at;
use super::{
    ADA, ID, ada, begun_at, head_of, history, in_use, showing, submitted, support, to_the_end,
    until,
};

/// One of each kind of action, some of them out of place at most times; what answers is late, or not.
fn actions() -> Vec<Action> {
    let views = [View(0), View(3), View(u64::MAX)];
    views.into_iter().flat_map(actions_of).collect()
}

/// The same, answering to what was asked then.
fn actions_of(asked: View) -> Vec<Action> {
    let came = |whole, read| Action::Loaded {
        asked,
        stream: ada(),
        whole,
        read,
    };
    let appended = |result| Action::Appended { asked, result };
    let sought = |read| Action::Sought { asked, read };
    let listed = |streams| Action::Listed {
        asked,
        streams,
        archived: None,
    };
    let edit = || ("Place order".to_owned(), "lines".to_owned());
    let grace = support::stream("bank_account", "grace");
    vec![
        Action::Opened(Storage::Kept),
        listed(Ok(vec![head_of(ada(), 3)])),
        listed(Err(in_use())),
        came(true, to_the_end(history(3))),
        came(true, to_the_end(vec![])),
        came(true, until(history(2), in_use())),
        came(true, until(damaged_at(2, 5), in_use())),
        came(false, until(damaged_at(2, 7).split_off(1), in_use())),
        came(false, to_the_end(history(5)[3..].to_vec())),
        came(false, to_the_end(history(9)[8..].to_vec())),
        Action::Loaded {
            asked,
            stream: grace,
            whole: true,
            read: until(vec![], StoreError::Full),
        },
        Action::StoreChanged,
        Action::StoreEmptied,
        Action::StoreLost("deleted".into()),
        Action::AddressChanged(ADA.into()),
        Action::AddressChanged(format!("{ADA}?v=1")),
        Action::AddressChanged("#/spaceship/apollo".into()),
        Action::AddressChanged("nonsense".into()),
        Action::ChooseModel("order".into()),
        Action::ChooseModel("bank_account".into()),
        Action::ChooseModel(String::new()),
        Action::ChooseStream("grace".into()),
        Action::ChooseStream("ada-savings".into()),
        Action::NewStream("fresh".into()),
        Action::View(Version(1), Settled::No),
        Action::View(Version(u64::MAX), Settled::Yes),
        Action::Step(Step::First),
        Action::Step(Step::Previous),
        Action::Step(Step::Next),
        Action::Step(Step::Latest),
        Action::TogglePlay,
        Action::PlayTick,
        Action::ToggleForm("Deposit".into()),
        Action::Edit {
            command: "Deposit".into(),
            path: "amount".into(),
            text: "x".into(),
        },
        Action::AddItem {
            command: edit().0,
            path: edit().1,
        },
        Action::RemoveItem {
            command: edit().0,
            path: edit().1,
            index: 7,
        },
        submitted("Deposit", ID),
        submitted("Place order", ID),
        Action::Retry,
        sought(to_the_end(history(4))),
        sought(until(vec![], in_use())),
        appended(Err(AppendError::Store(StoreError::Unavailable {
            reason: "lost".into(),
        }))),
        appended(Ok(history(4)[3..].to_vec())),
        appended(Ok(history(9)[8..].to_vec())),
        appended(Err(AppendError::Conflict {
            stream: ada(),
            expected: ExpectedVersion::Exact(Version(3)),
            actual: Version(4),
        })),
        Action::ImportChosen { file: "a".into() },
        Action::ImportProgress {
            percent: 50,
            words: "Reading".into(),
        },
        Action::CancelImport,
        Action::Imported(Ok(Imported {
            events: 1,
            skipped: 0,
            stamped: 0,
            shared_ids: 0,
            holes: 0,
            fills: 0,
            capitals: String::new(),
        })),
        Action::Export(Packing::Plain),
        Action::ExportProgress {
            percent: 50,
            words: "Writing".into(),
        },
        Action::CancelExport,
        Action::Exported(Err("denied".into())),
        Action::Reset(AfterReset::Empty),
        Action::ResetEnded(AfterReset::Story, Err(NotReset::Refused("no".into()))),
        Action::UndoReset,
        Action::ResetUndone(Ok(())),
        Action::ResetEnded(AfterReset::Empty, Err(NotReset::Unknown("lost".into()))),
        Action::Verify,
        Action::EndVerification,
        Action::Archive(true),
        Action::ArchiveEnded {
            asked,
            stream: ada(),
            archive: true,
            result: Ok(()),
        },
        Action::CopyEvent,
        Action::Copied(Ok(())),
        Action::Open(Dialog::Help),
        Action::CloseDialog,
        Action::ToggleTheme {
            system: Theme::Light,
        },
        Action::SetShortcuts(false),
        Action::DismissTip,
    ]
}

/// What must hold whatever happened.
#[track_caller]
fn check(page: &State) {
    assert!(page.viewed.is_none_or(|viewed| viewed < page.head()));
    assert!(page.timeline.is_none() || page.stream().is_some());
    if let Some(timeline) = &page.timeline {
        assert_eq!(Some(timeline.stream()), page.stream());
    }
    assert!(!page.playing || page.viewed.is_some());
    assert!(!page.is_open || page.waiting.is_empty());
}

#[test]
fn nothing_that_is_done_before_anything_is_loaded_panics_or_appends() {
    for action in actions() {
        let mut page = begun_at(ADA);
        let told = format!("{action:?}");
        let effects = page.reduce(action);
        assert!(
            !effects
                .iter()
                .any(|effect| matches!(effect, Effect::Append { .. })),
            "{told}"
        );
        check(&page);
    }
}

proptest! {
    // Long walks through many kinds of actions, each of them cheap.
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whatever_happens_what_is_shown_exists(
        loaded in any::<bool>(),
        actions in prop::collection::vec(prop::sample::select(actions()), 0..40),
    ) {
        let mut page = if loaded { showing(Some(1), 3) } else { begun_at(ADA) };
        for action in actions {
            page.reduce(action);
            check(&page);
        }
    }
}
