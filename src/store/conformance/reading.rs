//! Reading: pages and their edges, order, what is kept to the letter, and the hint of change.

use super::*;

/// Before, at and beyond each edge.
pub async fn a_stream_is_read_in_pages_after_a_version(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &events(1..=5)).await.unwrap();
    append(store, &stream("ben"), &events(6..=9)).await.unwrap();
    for (after, limit, page) in [
        (0, 2, &[1, 2][..]),
        (2, 2, &[3, 4]),
        (4, 2, &[5]),
        (5, 2, &[]),
        (6, 2, &[]),
        (0, 5, &[1, 2, 3, 4, 5]),
        (0, usize::MAX, &[1, 2, 3, 4, 5]),
        (3, 1, &[4]),
    ] {
        let read = store.stream_events(&ada, Version(after), limit).await;
        let read = read.unwrap();
        assert_eq!(versions(&read), page, "after {after}, at most {limit}");
        assert!(read.iter().all(|event| event.stream == ada));
    }
}

/// Before, at and beyond each edge.
pub async fn the_store_is_read_in_pages_after_a_position(store: &impl EventStore) {
    for (name, number) in [("ada", 1), ("ben", 2), ("ada", 3), ("ben", 4), ("ada", 5)] {
        append(store, &stream(name), &[event(number)])
            .await
            .unwrap();
    }
    let all = everything(store).await;
    for (skipped, limit) in [(0, 2), (2, 2), (4, 2), (5, 2), (0, 5), (0, usize::MAX)] {
        let after = match skipped {
            0 => Position::START,
            n => all[n - 1].position,
        };
        let end = skipped.saturating_add(limit).min(5);
        let page = store.all_events(after, limit).await;
        assert_eq!(page.as_deref(), Ok(&all[skipped..end]), "{after}, {limit}");
    }
}

/// A limit of 0 is none, not all.
pub async fn a_page_of_none_is_empty(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &events(1..=3)).await.unwrap();
    assert_eq!(
        store.stream_events(&ada, Version::NONE, 0).await,
        Ok(vec![])
    );
    assert_eq!(store.all_events(Position::START, 0).await, Ok(vec![]));
    assert_eq!(store.all_heads(None, 0).await, Ok(vec![]));
}

/// A place that no event can have is a place like another.
pub async fn a_read_after_the_greatest_place_is_empty(store: &impl EventStore) {
    let ada = stream("ada");
    append(store, &ada, &events(1..=3)).await.unwrap();
    for place in [1 << 53, u64::MAX] {
        let read = store.stream_events(&ada, Version(place), 10).await;
        assert_eq!(read, Ok(vec![]));
        assert_eq!(store.all_events(Position(place), 10).await, Ok(vec![]));
    }
}

/// Not by stream, not by time.
pub async fn the_whole_store_is_read_in_the_order_of_appending(store: &impl EventStore) {
    for (name, number) in [("cyd", 9), ("ada", 7), ("ben", 8), ("cyd", 1), ("ada", 2)] {
        append(store, &stream(name), &[event(number)])
            .await
            .unwrap();
    }
    let read = everything(store).await;
    let ids: Vec<EventId> = read.iter().map(|event| event.event_id).collect();
    assert_eq!(ids, [9, 7, 8, 1, 2].map(id));
}

/// By type, then by id; with the head of each.
pub async fn streams_are_listed_in_order_and_in_pages(store: &impl EventStore) {
    let streams = [
        ("order", "b", 1),
        ("bank_account", "z", 2),
        ("order", "a", 3),
        ("bank_account", "a", 1),
        ("order", "B", 1),
    ];
    let mut number = 0;
    for (kind, name, size) in streams {
        let stream = StreamId::new(kind, name).unwrap();
        let batch = events(number..number + size);
        number += size;
        append(store, &stream, &batch).await.unwrap();
    }
    let heads: Vec<StreamHead> = [3, 1, 4, 2, 0]
        .map(|index| streams[index])
        .map(|(kind, name, size)| StreamHead {
            stream: StreamId::new(kind, name).unwrap(),
            version: Version(size),
        })
        .into();
    assert_eq!(store.all_heads(None, usize::MAX).await.unwrap(), heads);
    assert_eq!(store.all_heads(None, 5).await.unwrap(), heads);
    assert_eq!(store.all_heads(None, 2).await.unwrap(), heads[..2]);
    let after = &heads[1].stream;
    assert_eq!(store.all_heads(Some(after), 2).await.unwrap(), heads[2..4]);
    let after = &heads[4].stream;
    assert_eq!(store.all_heads(Some(after), 2).await.unwrap(), []);
    // What isn't there has its place in the order all the same.
    let after = StreamId::new("order", "0").unwrap();
    assert_eq!(store.all_heads(Some(&after), 9).await.unwrap(), heads[2..]);
}

/// Neither a prefix nor a shifted border between type and id confuses two streams.
pub async fn streams_with_names_that_begin_alike_are_kept_apart(store: &impl EventStore) {
    let names = [
        ("a", "bc"),
        ("ab", "c"),
        ("a", "b"),
        ("a", "bcd"),
        ("A", "bc"),
    ];
    for (number, (kind, name)) in (1..).zip(names) {
        let stream = StreamId::new(kind, name).unwrap();
        append(store, &stream, &[event(number)]).await.unwrap();
    }
    for (number, (kind, name)) in (1..).zip(names) {
        let stream = StreamId::new(kind, name).unwrap();
        let read = store
            .stream_events(&stream, Version::NONE, 10)
            .await
            .unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].event_id, id(number));
        assert_eq!(store.version_of(&stream).await, Ok(Version(1)));
    }
}

/// Names are any text; they come back as they went.
pub async fn names_of_any_characters_are_kept(store: &impl EventStore) {
    let names = [
        "it's \"quoted\"",
        "a/b\\c",
        "größe ✓ 数",
        "🦀 \u{1F468}\u{200D}\u{1F469}",
        "'; DROP TABLE events; --",
        "<b>&amp;</b>",
        " spaces ",
        "line\nbreak\ttab\0nul",
        "\u{feff}mark",
        "e\u{301}",
        "\u{e9}",
        "%2F?#",
        "__proto__",
    ];
    for (number, name) in (1..).zip(names) {
        let stream = StreamId::new(name, name).unwrap();
        let answer = append(store, &stream, &[event(number)]).await.unwrap();
        assert_eq!(versions(&answer), [1], "{name:?}");
        assert_eq!(answer[0].stream, stream);
    }
    for (number, name) in (1..).zip(names) {
        let stream = StreamId::new(name, name).unwrap();
        let read = store
            .stream_events(&stream, Version::NONE, 10)
            .await
            .unwrap();
        assert_eq!(read.len(), 1, "{name:?}");
        assert_eq!(read[0].stream, stream);
        assert_eq!(read[0].event_id, id(number));
    }
    let listed = store.all_heads(None, 100).await.unwrap();
    assert_eq!(listed.len(), names.len());
}

/// Digits of numbers, order of keys, escapes, and texts of any length.
pub async fn payloads_are_kept_to_the_letter(store: &impl EventStore) {
    let long = format!("{{\"note\":\"{}\"}}", "größe ✓ 🦀 ".repeat(20_000));
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let payloads = [
        r#"{"amount":1.50}"#,
        r#"{"b":1,"a":2,"10":3,"9":4}"#,
        r#"{"same":1,"same":2}"#,
        r#"{"big":12345678901234567890123456789,"tiny":1e-400,"minus":-0.0,"e":1E+2}"#,
        r#"{"html":"<script>alert('x')</script>&amp;"}"#,
        r#"{"emoji":"🦀","escaped":"\ud83e\udd80","lone":"\ud800","slash":"\/"}"#,
        r#"{"__proto__":{"a":1},"constructor":null,"":0}"#,
        "\"a text, with  spaces\\n\"",
        "[]",
        "null",
        "0",
        &long,
        &deep,
    ];
    let batch: Vec<NewEvent> = (1..)
        .zip(payloads)
        .map(|(number, text)| NewEvent {
            data: JsonText::parse(text).unwrap(),
            ..event(number)
        })
        .collect();
    let ada = stream("ada");
    append(store, &ada, &batch).await.unwrap();
    let read = store.stream_events(&ada, Version::NONE, 100).await.unwrap();
    assert_eq!(read.len(), payloads.len());
    for (held, text) in read.iter().zip(payloads) {
        assert_eq!(held.data.as_str(), text);
    }
}

/// Free keys with any JSON in them; what isn't set stays unset.
pub async fn metadata_is_kept_with_its_extensions(store: &impl EventStore) {
    let extensions = json!({
        "z": [1, "two", null, true],
        "a": { "nested": { "b": 1, "a": 2 } },
        "10": "ten", "9": "nine",
        "whole": 1.0, "big": u64::MAX, "least": i64::MIN, "fine": 31.245_270_191_439_438_f64,
        "__proto__": { "x": 1 },
        "data_base64": "AAEC",
    });
    let rich = Metadata {
        correlation_id: "größe \"1\"".to_owned(),
        command_id: Some(CommandId(id(8).0)),
        causation_id: Some(id(7).to_string()),
        actor: Some(String::new()),
        extensions: extensions.as_object().unwrap().clone(),
    };
    let ada = stream("ada");
    let metadata = [
        rich,
        Metadata::of_command(CommandId(id(9).0), None),
        Metadata::correlated("plain"),
        Metadata::default(),
    ];
    let batch: Vec<NewEvent> = (1..)
        .zip(metadata.clone())
        .map(|(number, metadata)| NewEvent {
            metadata,
            // What has binary data has no other.
            data: JsonText::empty_object(),
            ..event(number)
        })
        .collect();
    append(store, &ada, &batch).await.unwrap();
    let read = store.stream_events(&ada, Version::NONE, 10).await.unwrap();
    for (held, sent) in read.iter().zip(&metadata) {
        assert_eq!(&held.metadata, sent);
        let keys =
            |metadata: &Metadata| -> Vec<String> { metadata.extensions.keys().cloned().collect() };
        assert_eq!(keys(&held.metadata), keys(sent), "in their order");
    }
    // And so the whole batch is recognised.
    assert_eq!(append(store, &ada, &batch).await, Ok(read));
}

/// Before 1970 too.
pub async fn times_are_kept_to_the_millisecond(store: &impl EventStore) {
    let times = [i64::MIN, -1, 0, 1, NOON + 7, i64::MAX].map(Timestamp::from_millis);
    let batch: Vec<NewEvent> = (1..)
        .zip(times)
        .map(|(number, timestamp)| NewEvent {
            timestamp,
            ..event(number)
        })
        .collect();
    append(store, &stream("ada"), &batch).await.unwrap();
    let read = everything(store).await;
    let held: Vec<Timestamp> = read.iter().map(|event| event.timestamp).collect();
    assert_eq!(held, times);
}

/// Nobody waits for what is there.
pub async fn changed_ends_at_once_when_there_is_something_already(store: &impl EventStore) {
    let answer = append(store, &stream("ada"), &events([1, 2])).await;
    assert_eq!(store.changed_after(Position::START).await, Ok(()));
    assert_eq!(
        store.changed_after(answer.unwrap()[0].position).await,
        Ok(())
    );
}

/// To any stream.
pub async fn changed_ends_on_an_append_made_later(store: &impl EventStore) {
    let (ada, ben, first, second) = (stream("ada"), stream("ben"), [event(1)], [event(2)]);
    assert_changed_ends_with(store, Position::START, append(store, &ada, &first)).await;
    let after = store.end().await.unwrap();
    assert_changed_ends_with(store, after, append(store, &ben, &second)).await;
}

/// As on an append.
pub async fn changed_ends_on_an_import_made_later(store: &(impl EventStore + ImportStore)) {
    let event = [recorded(1, &stream("ada"), 1, 1)];
    let import = store.take_in(Position::START, &event, |_| {
        std::ops::ControlFlow::Continue(())
    });
    assert_changed_ends_with(store, Position::START, import).await;
}

/// A reader has to hear that what it knows is gone.
pub async fn changed_ends_on_a_reset(store: &(impl EventStore + ImportStore)) {
    append(store, &stream("ada"), &[event(1)]).await.unwrap();
    let after = store.end().await.unwrap();
    assert_changed_ends_with(store, after, store.reset(&[])).await;
}
