//! Whatever happens in whatever order: no panic, and what is shown exists.

use eventloom::app::action::{Action, AfterReset, Effect, Imported, Packing, Settled, Step};
use eventloom::app::state::{Dialog, State, Storage, Theme};
use eventloom::core::{ExpectedVersion, Version};
use eventloom::store::{AppendError, StoreError};
use proptest::prelude::*;

use super::{
    ADA, ID, ada, arrived, begun_at, head_of, history, loaded, showing, submitted, support,
};

/// One of each kind of action, some of them out of place at most times.
fn actions() -> Vec<Action> {
    let edit = || ("Place order".to_owned(), "lines".to_owned());
    let grace = support::stream("bank_account", "grace");
    vec![
        Action::Opened(Storage::Kept),
        Action::Listed(Ok(vec![head_of(ada(), 3)])),
        Action::Listed(Err(StoreError::Blocked)),
        loaded(history(3)),
        loaded(vec![]),
        arrived(&history(5)[3..]),
        arrived(&history(9)[8..]),
        Action::Loaded {
            stream: grace,
            whole: true,
            events: Err(StoreError::Full),
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
        Action::Sought(Ok(history(4))),
        Action::Sought(Err(StoreError::Blocked)),
        Action::Appended(Err(AppendError::Store(StoreError::Unavailable {
            reason: "lost".into(),
        }))),
        Action::Appended(Ok(history(4)[3..].to_vec())),
        Action::Appended(Ok(history(9)[8..].to_vec())),
        Action::Appended(Err(AppendError::Conflict {
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
        })),
        Action::Export(Packing::Plain),
        Action::ExportProgress {
            percent: 50,
            words: "Writing".into(),
        },
        Action::CancelExport,
        Action::Exported(Err("denied".into())),
        Action::Reset(AfterReset::Empty),
        Action::ResetEnded(AfterReset::Story, Ok(())),
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
