//! Importing and exporting: their course, and what came of them.

use eventloom::app::action::{Action, AfterReset, Effect, Exported, Imported, Packing};
use eventloom::app::state::{OutcomeKind, Storage};

use super::{ADA, begun_at, outcome, showing, view};

#[test]
fn an_import_tells_how_many_are_new_and_how_many_were_there() {
    for (events, skipped, stamped, told) in [
        (3, 0, 0, "Imported 3 events; none was skipped."),
        (
            1,
            1,
            0,
            "Imported 1 events; 1 that was here already was skipped.",
        ),
        (
            0,
            9,
            0,
            "Imported 0 events; 9 that were here already were skipped.",
        ),
        (
            2,
            0,
            2,
            "Imported 2 events; none was skipped. 2 events had no time and got that of the import.",
        ),
    ] {
        let mut page = showing(Some(1), 3);
        let effects = page.reduce(Action::Imported(Ok(Imported {
            events,
            skipped,
            stamped,
        })));
        assert_eq!(outcome(&page).text, told);
        assert_eq!(effects[0], Effect::List);
        assert_eq!(view(&page), (1, 3));
    }
}

#[test]
fn an_import_shows_its_progress_from_the_choice_of_a_file_to_its_end() {
    let mut page = showing(None, 3);
    let file = "log.ndjson".to_owned();
    let effects = page.reduce(Action::ImportChosen { file });
    assert_eq!(effects, [Effect::Import]);
    let words = "Writing: 400 events".to_owned();
    let percent = 40;
    page.reduce(Action::ImportProgress { percent, words });
    let import = page.import.clone().unwrap();
    assert_eq!(import.file.as_deref(), Some("log.ndjson"));
    assert_eq!(
        (import.percent, import.words.as_str()),
        (40, "Writing: 400 events")
    );
    assert_eq!(page.reduce(Action::CancelImport), [Effect::CancelImport]);
    page.reduce(Action::Imported(Err("line 3: not JSON".into())));
    assert_eq!(page.import, None);
}

#[test]
fn a_file_that_is_chosen_before_the_store_is_open_waits_for_it() {
    let chosen = || Action::ImportChosen {
        file: "log.ndjson".to_owned(),
    };
    let mut page = begun_at(ADA);
    assert_eq!(page.reduce(chosen()), []);
    assert!(page.import.is_some());
    let effects = page.reduce(Action::Opened(Storage::Kept));
    assert!(effects.contains(&Effect::Import));

    let mut page = begun_at(ADA);
    page.reduce(chosen());
    assert_eq!(page.reduce(Action::CancelImport), []);
    assert_eq!(page.import, None);
    let effects = page.reduce(Action::Opened(Storage::Kept));
    assert!(!effects.contains(&Effect::Import));
}

#[test]
fn a_refused_import_is_told_with_its_line_and_asks_for_nothing() {
    let mut page = showing(Some(1), 3);
    let effects = page.reduce(Action::Imported(Err("line 3: not JSON".into())));
    assert_eq!(effects, []);
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    assert_eq!(outcome(&page).title, "Import refused:");
    assert_eq!(outcome(&page).text, "line 3: not JSON");
}

#[test]
fn an_export_shows_its_progress_and_is_broken_off_by_nothing_but_cancel() {
    let mut page = showing(None, 3);
    page.reduce(Action::Export(Packing::Plain));
    // One at a time.
    assert_eq!(page.reduce(Action::Export(Packing::Gzip)), []);
    let words = "Writing: 2 events".to_owned();
    let percent = 66;
    page.reduce(Action::ExportProgress { percent, words });
    for going_on in [Action::Reset(AfterReset::Empty), Action::StoreEmptied] {
        page.reduce(going_on);
        let export = page.export.clone().unwrap();
        assert_eq!(
            (export.percent, export.words.as_str()),
            (66, "Writing: 2 events")
        );
    }
    assert_eq!(page.reduce(Action::CancelExport), [Effect::CancelExport]);
    assert_eq!(page.export, None);
}

#[test]
fn an_export_tells_how_many_events_went_into_which_file() {
    let mut page = showing(None, 3);
    for packing in [Packing::Plain, Packing::Gzip] {
        let effects = page.reduce(Action::Export(packing));
        assert_eq!(effects, [Effect::Export(packing)]);
        page.reduce(Action::Exported(Err("denied".into())));
    }
    let exported = |events, damaged| {
        let file = "eventloom-2026-01-05.ndjson".to_owned();
        Action::Exported(Ok(Exported {
            events,
            damaged,
            file,
        }))
    };
    page.reduce(exported(1, 0));
    assert_eq!(
        outcome(&page).text,
        "Exported 1 event to eventloom-2026-01-05.ndjson."
    );
    page.reduce(exported(7, 2));
    assert_eq!(
        outcome(&page).text,
        "Exported 7 events to eventloom-2026-01-05.ndjson. \
         Left out: 2 damaged records that can't be read; Verify says which."
    );
}
