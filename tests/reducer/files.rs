//! Importing and exporting: their course, and what came of them.

use eventloom::app::action::{
    Action, AfterReset, Effect, Exported, Imported, NotImported, Packing,
};
use eventloom::app::last_export::LastExport;
use eventloom::app::state::{OutcomeKind, Storage, WithHoles};

use super::support::TIME;
use super::{in_use, list, outcome, showing, view};

#[test]
fn an_import_tells_how_many_are_new_and_how_many_were_there() {
    for (events, skipped, stamped, told) in [
        (3, 0, 0, "Imported 3 events; none was skipped."),
        (
            1,
            1,
            0,
            "Imported 1 event; 1 that was here already was skipped.",
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
            shared_ids: 0,
            holes: 0,
            fills: 0,
            capitals: String::new(),
        })));
        assert_eq!(outcome(&page).text, told);
        assert_eq!(effects[0], list(&page));
        assert_eq!(view(&page), (1, 3));
    }
}

#[test]
fn an_import_tells_how_many_ids_stand_in_several_streams() {
    for (shared_ids, told) in [
        (
            1,
            "Imported 4 events; none was skipped. 1 id stands in several streams.",
        ),
        (
            2,
            "Imported 4 events; none was skipped. 2 ids stand in several streams.",
        ),
    ] {
        let mut page = showing(Some(1), 3);
        page.reduce(Action::Imported(Ok(Imported {
            events: 4,
            skipped: 0,
            stamped: 0,
            shared_ids,
            holes: 0,
            fills: 0,
            capitals: String::new(),
        })));
        assert_eq!(outcome(&page).text, told);
    }
}

#[test]
fn an_import_tells_which_names_have_other_capitals() {
    let mut page = showing(Some(1), 3);
    page.reduce(Action::Imported(Ok(Imported {
        events: 4,
        skipped: 0,
        stamped: 0,
        shared_ids: 0,
        holes: 0,
        fills: 0,
        capitals: "1 line has \"Type\" where CloudEvents has \"type\"".to_owned(),
    })));
    assert_eq!(
        outcome(&page).text,
        "Imported 4 events; none was skipped. 1 line has \"Type\" where CloudEvents has \"type\"."
    );
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
    page.reduce(Action::Imported(Err(NotImported::Refused(
        "line 3: not JSON".into(),
    ))));
    assert_eq!(page.import, None);
}

#[test]
fn a_refused_import_is_told_with_its_line_and_asks_for_nothing() {
    let mut page = showing(Some(1), 3);
    let effects = page.reduce(Action::Imported(Err(NotImported::Refused(
        "line 3: not JSON".into(),
    ))));
    assert_eq!(effects, []);
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    assert_eq!(outcome(&page).title, "Import refused:");
    assert_eq!(outcome(&page).text, "line 3: not JSON");
}

#[test]
fn a_file_that_lacks_events_can_be_imported_with_holes_once() {
    let mut page = showing(Some(1), 3);
    let file = "log.ndjson".to_owned();
    page.reduce(Action::ImportChosen { file: file.clone() });
    let reason = "line 3: it lacks version 2".to_owned();
    let lacking = NotImported::Lacking { reason, holes: 2 };
    assert_eq!(page.reduce(Action::Imported(Err(lacking))), []);
    assert_eq!(outcome(&page).kind, OutcomeKind::Refused);
    assert_eq!(outcome(&page).title, "Import refused:");
    assert_eq!(outcome(&page).text, "line 3: it lacks version 2");
    let offer = WithHoles {
        file: Some(file),
        holes: 2,
    };
    assert_eq!(outcome(&page).with_holes, Some(offer));

    let effects = page.reduce(Action::ImportWithHoles);
    assert_eq!(effects, [Effect::ImportWithHoles]);
    let import = page.import.clone().unwrap();
    assert_eq!(import.file.as_deref(), Some("log.ndjson"));
    assert_eq!(page.reduce(Action::ImportWithHoles), []);
}

#[test]
fn holes_are_told_by_imports_and_exports() {
    for (holes, fills, told) in [
        (1, 0, " 1 that is missing has a hole in its place."),
        (3, 0, " 3 that are missing have holes in their places."),
        (0, 1, " 1 of them fills a hole."),
        (
            2,
            2,
            " 2 of them fill holes. 2 that are missing have holes in their places.",
        ),
    ] {
        let mut page = showing(None, 3);
        page.reduce(Action::Imported(Ok(Imported {
            events: 4,
            skipped: 0,
            stamped: 0,
            shared_ids: 0,
            holes,
            fills,
            capitals: String::new(),
        })));
        let text = format!("Imported 4 events; none was skipped.{told}");
        assert_eq!(outcome(&page).text, text);
    }
    for (holes, missing, told, is_all) in [
        (
            1,
            0,
            " 1 that is damaged or missing has a hole in its place.",
            true,
        ),
        (
            1,
            2,
            " 3 that are damaged or missing have holes in their places.",
            false,
        ),
    ] {
        let mut page = showing(None, 3);
        let effects = page.reduce(Action::Exported(Ok(Exported {
            events: 4,
            holes,
            missing,
            damaged: 0,
            file: "a.ndjson".to_owned(),
            at: TIME,
        })));
        let text = format!("Exported 4 events to a.ndjson.{told}");
        assert_eq!(outcome(&page).text, text);
        // What the store has is in the file, and that it lacked before is nothing new.
        assert_eq!(effects.is_empty(), !is_all);
    }
}

#[test]
fn an_import_that_broke_off_is_not_told_as_refused_and_the_page_looks_what_is_in() {
    let mut page = showing(Some(1), 3);
    page.reduce(Action::ImportChosen { file: "a".into() });
    let broke = NotImported::Unknown("the worker broke.".into());
    let effects = page.reduce(Action::Imported(Err(broke)));
    assert_eq!(page.import, None);
    assert_eq!(outcome(&page).kind, OutcomeKind::Unknown);
    assert_eq!(outcome(&page).title, "Import has no known outcome.");
    assert_eq!(
        outcome(&page).text,
        "It isn't known whether the file is in: all of it is, or nothing. Import it again: what is \
         in is skipped. The reason: the worker broke."
    );
    assert_eq!(outcome(&page).retry, None);
    assert_eq!(effects[0], list(&page));
    assert!(matches!(effects[1], Effect::CatchUp { .. }));
    assert_eq!(view(&page), (1, 3));
}

#[test]
fn an_export_of_all_that_is_kept_is_remembered_with_its_time_and_a_reset_leaves_it() {
    let exported = |damaged| {
        let file = "eventloom-2026-01-05.ndjson".to_owned();
        Action::Exported(Ok(Exported {
            events: 3,
            holes: 0,
            missing: 0,
            damaged,
            file,
            at: TIME,
        }))
    };
    let mut page = showing(None, 3);
    let effects = page.reduce(exported(1));
    assert_eq!(effects, []);
    assert_eq!(page.last_export, LastExport::Unknown);
    let effects = page.reduce(exported(0));
    assert_eq!(effects, [Effect::RememberExport(TIME)]);
    page.reduce(Action::StoreEmptied);
    assert_eq!(page.last_export, LastExport::At(TIME));

    // What is in memory isn't what this browser keeps.
    let mut page = showing(None, 3);
    page.reduce(Action::Opened(Storage::InMemory(in_use())));
    assert_eq!(page.reduce(exported(0)), []);
    assert_eq!(page.last_export, LastExport::Unknown);
}

#[test]
fn an_export_by_another_tab_is_one_too() {
    let mut page = showing(None, 3);
    page.last_export = LastExport::Never;
    page.reduce(Action::ExportedElsewhere(LastExport::At(TIME)));
    assert_eq!(page.last_export, LastExport::At(TIME));
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
            holes: 0,
            missing: 0,
            damaged,
            file,
            at: TIME,
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
         Left out: 2 damaged records of which nothing tells what was in it; Verify says more."
    );
}

#[test]
fn one_stream_is_exported_under_its_name_and_is_not_an_export_of_all() {
    let mut page = showing(None, 3);
    let before = page.last_export;
    let effects = page.reduce(Action::ExportStream);
    assert_eq!(effects, [Effect::ExportStream(super::ada())]);
    assert_eq!(page.reduce(Action::ExportStream), []);
    let shown = page.export.as_ref().and_then(|export| export.file.clone());
    assert_eq!(shown.as_deref(), Some("ada-savings"));
    let effects = page.reduce(Action::Exported(Ok(Exported {
        events: 3,
        holes: 0,
        missing: 0,
        damaged: 0,
        file: "eventloom-ada-savings.ndjson".to_owned(),
        at: TIME,
    })));
    assert_eq!((effects, page.last_export), (vec![], before));
    assert_eq!(
        outcome(&page).text,
        "Exported 3 events to eventloom-ada-savings.ndjson."
    );
}

#[test]
fn an_empty_stream_is_not_exported() {
    let mut page = showing(None, 0);
    assert_eq!(page.reduce(Action::ExportStream), []);
}
