//! The store as a JavaScript program meets it: called by its names there, with plain objects.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: Clippy doesn't know `#[wasm_bindgen_test]` for one"
)]

mod histories;

use eventloom::browser::js_api::JsEventStore;
use eventloom::browser::{BrowserClock, BrowserIds};
use eventloom::core::{Clock, IdSource};
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// What every program here can use beside its `store`.
const PRELUDE: &str = r#"
    const event = (number) => ({
        event_id: `00000000-0000-0000-0000-00000000000${number}`,
        event_type: 'MoneyDeposited',
        schema_version: 1,
        data: `{"amount":${number}.50}`,
        timestamp: '2026-01-05T09:00:02.007Z',
        metadata: { correlation_id: 'lesson 1', actor: 'Ada' },
    });
    const placed = (version, position) => ({
        ...event(position), aggregate_type: 'bank_account', aggregate_id: 'ada', version, position,
    });
    const caught = (promise) => promise.then(() => 'nothing', (error) => error);
"#;

/// Runs an asynchronous program of JavaScript with a fresh store, and gives what it returns as JSON.
async fn run(program: &str) -> String {
    let name = format!("eventloom-test-{}", BrowserIds.next_id(BrowserClock.now()));
    let store = JsEventStore::open(name, None, None).await.unwrap();
    let body = format!("{PRELUDE} return (async () => {{ {program} }})().then(JSON.stringify)");
    let function = Function::new_with_args("store", &body);
    let promise = function.call1(&JsValue::NULL, &store.into()).unwrap();
    let answer = JsFuture::from(promise.unchecked_into::<Promise>()).await;
    answer.unwrap().as_string().unwrap()
}

/// The same with two handles of one fresh store, as two tabs have.
async fn run_in_two_tabs(program: &str) -> String {
    let name = format!("eventloom-test-{}", BrowserIds.next_id(BrowserClock.now()));
    let open = || JsEventStore::open(name.clone(), None, None);
    let (store, other) = (open().await.unwrap(), open().await.unwrap());
    let body = format!("{PRELUDE} return (async () => {{ {program} }})().then(JSON.stringify)");
    let function = Function::new_with_args("store, other", &body);
    let called = function.call2(&JsValue::NULL, &store.into(), &other.into());
    let answer = JsFuture::from(called.unwrap().unchecked_into::<Promise>()).await;
    answer.unwrap().as_string().unwrap()
}

#[wasm_bindgen_test]
async fn what_was_appended_is_read_as_the_envelope_with_its_place() {
    let program = "
        const given = { ...event(1), data: ' { \"amount\" : 1.50 } ' };
        const recorded = await store.append('bank_account', 'ada', 'no_stream', [given]);
        const read = await store.readStream('bank_account', 'ada');
        const all = await store.readAll();
        return { read, alike: [recorded, all].every((e) => JSON.stringify(e) === JSON.stringify(read)) };
    ";
    let expected = concat!(
        r#"{"read":[{"aggregate_type":"bank_account","aggregate_id":"ada","version":1,"position":1,"#,
        r#""event_id":"00000000-0000-0000-0000-000000000001","event_type":"MoneyDeposited","#,
        r#""schema_version":1,"data":"{\"amount\":1.50}","timestamp":"2026-01-05T09:00:02.007Z","#,
        r#""metadata":{"correlation_id":"lesson 1","actor":"Ada"}}],"alike":true}"#,
    );
    assert_eq!(run(program).await, expected);
}

#[wasm_bindgen_test]
async fn what_an_event_leaves_out_is_made() {
    let program = "
        const [{ event_id, schema_version, timestamp, metadata }] =
            await store.append('bank_account', 'ada', 0, [{ event_type: 'Opened', data: '{}' }]);
        return [
            /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(event_id), schema_version,
            timestamp === new Date(timestamp).toISOString(), metadata.correlation_id === event_id,
        ];
    ";
    assert_eq!(run(program).await, "[true,1,true,true]");
}

#[wasm_bindgen_test]
async fn a_conflict_is_an_error_with_its_name_and_what_is_true() {
    let program = "
        await store.append('bank_account', 'ada', 'any', [event(1), event(2)]);
        const error = await caught(store.append('bank_account', 'ada', 1, [event(3)]));
        const { name, aggregate_type, aggregate_id, expected, actual, outcomeIsUnknown } = error;
        const events = (await store.readAll()).length;
        return [
            error instanceof Error, name, aggregate_type, aggregate_id, expected, actual, events, outcomeIsUnknown,
        ];
    ";
    assert_eq!(
        run(program).await,
        r#"[true,"Conflict","bank_account","ada",1,2,2,false]"#
    );
}

#[wasm_bindgen_test]
async fn the_same_batch_again_is_answered_and_a_reused_id_is_refused() {
    let program = "
        const batch = [event(1)];
        await store.append('bank_account', 'ada', 0, batch);
        const again = await store.append('bank_account', 'ada', 0, batch);
        const other = { ...event(1), data: '{}' };
        const { name, event_id } = await caught(store.append('bank_account', 'ada', 1, [other]));
        return [again[0].version, name, event_id];
    ";
    assert_eq!(
        run(program).await,
        r#"[1,"EventIdReused","00000000-0000-0000-0000-000000000001"]"#
    );
}

#[wasm_bindgen_test]
async fn an_append_whose_outcome_is_unknown_is_repeated_with_the_events_of_its_error() {
    let program = "
        store.close();
        const given = [{ event_type: 'Opened', data: '{}' }, event(2)];
        const error = await caught(store.append('bank_account', 'ada', 0, given));
        const { name, outcomeIsUnknown, events } = error;
        const first = await other.append('bank_account', 'ada', 0, events);
        const second = await other.append('bank_account', 'ada', 0, events);
        const ids = (batch) => batch.map(({ event_id }) => event_id).join();
        return [
            name, outcomeIsUnknown, events[1].event_id === given[1].event_id,
            ids(first) === ids(events), JSON.stringify(first) === JSON.stringify(second),
            (await other.readAll()).length,
        ];
    ";
    assert_eq!(
        run_in_two_tabs(program).await,
        r#"["Unavailable",true,true,true,true,2]"#
    );
}

#[wasm_bindgen_test]
async fn every_error_says_whether_its_outcome_is_unknown() {
    let program = "
        const told = (promise) => caught(promise).then(({ name, outcomeIsUnknown }) => [name, outcomeIsUnknown]);
        const argument = await told(store.append('bank_account', '', 0, [event(1)]));
        const moved = await told(store.import(7, [{ aggregate_type: 'a', aggregate_id: 'b', version: 1, position: 8, ...event(1) }]));
        store.close();
        return [argument, moved, await told(store.readAll()), await told(store.reset()), await told(store.import(0, []))];
    ";
    assert_eq!(
        run(program).await,
        concat!(
            r#"[["InvalidArgument",false],["StoreMoved",false],["Unavailable",false],"#,
            r#"["Unavailable",true],["Unavailable",true]]"#
        )
    );
}

#[wasm_bindgen_test]
async fn a_number_that_would_be_recorded_as_null_is_refused() {
    let program = "
        const append = (extensions, more = {}) => store.append(
            'bank_account', 'ada', 'any', [{ ...event(1), ...more, metadata: { correlation_id: 'c', extensions } }]);
        const refused = [];
        for (const number of [NaN, Infinity, -Infinity]) refused.push(await caught(append({ a: [{ b: number }] })));
        refused.push(await caught(append({}, { schema_version: NaN })));
        const told = refused.map(({ name, message }) => `${name} ${message}`);
        const [recorded] = await append({ a: [null] });
        return [told, recorded.metadata.extensions, (await store.lastPosition()).position];
    ";
    let words =
        |number| format!(r#""InvalidArgument events: the number {number} has no form in JSON""#);
    let told = ["NaN", "inf", "-inf", "NaN"].map(words).join(",");
    assert_eq!(
        run(program).await,
        format!(r#"[[{told}],{{"a":[null]}},1]"#)
    );
}

#[wasm_bindgen_test]
async fn the_text_of_a_time_comes_back_as_it_was_given() {
    let program = "
        const texts = ['2026-01-05T10:00:02.007123456+01:00', '2026-01-05T09:00:02.007Z'];
        const batch = texts.map((timestamp, at) => ({ ...event(at + 1), timestamp }));
        const recorded = await store.append('bank_account', 'ada', 0, batch);
        const later = batch.map((one) => ({ ...one, timestamp: '2026-01-06T10:00:02+01:00' }));
        const again = await store.append('bank_account', 'ada', 0, later);
        return [recorded, again, await store.readAll()].map((all) => all.map(({ timestamp }) => timestamp));
    ";
    let told = r#"["2026-01-05T10:00:02.007123456+01:00","2026-01-05T09:00:02.007Z"]"#;
    assert_eq!(run(program).await, format!("[{told},{told},{told}]"));
}

#[wasm_bindgen_test]
async fn a_command_id_comes_back_as_it_was_given() {
    let id = "00000000-0000-0000-0000-000000000007";
    let program = format!(
        "const metadata = {{ correlation_id: 'c', command_id: '{id}', extensions: {{ a: 1 }} }};
        const batch = [{{ ...event(1), metadata }}];
        const recorded = await store.append('bank_account', 'ada', 0, batch);
        const again = await store.append('bank_account', 'ada', 0, batch);
        return [recorded, again].map(([{{ metadata }}]) => metadata);"
    );
    let told = format!(r#"{{"correlation_id":"c","command_id":"{id}","extensions":{{"a":1}}}}"#);
    assert_eq!(run(&program).await, format!("[{told},{told}]"));
}

#[wasm_bindgen_test]
async fn an_event_that_no_import_would_take_is_refused_with_its_id_and_why() {
    let program = "
        const nameless = { ...event(2), event_type: '' };
        const error = await caught(store.append('bank_account', 'ada', 0, [event(1), nameless]));
        const { name, event_id, cause } = error;
        return [error instanceof Error, name, event_id, cause, (await store.readAll()).length];
    ";
    assert_eq!(
        run(program).await,
        r#"[true,"InvalidEvent","00000000-0000-0000-0000-000000000002","its event type is empty; give it at least one character",0]"#
    );
}

#[wasm_bindgen_test]
async fn arguments_that_are_none_are_refused_and_nothing_is_recorded() {
    let program = "
        const append = (expected, events, id = 'ada') => caught(store.append('bank_account', id, expected, events));
        const errors = await Promise.all([
            append(-1, [event(1)]), append(0.5, [event(1)]), append('never', [event(1)]),
            append(undefined, [event(1)]), append(0, [event(1)], ''), append(0, undefined),
            append(0, [{ data: '{}' }]), append(0, [{ ...event(1), data: 'no JSON' }]),
            append(0, [{ ...event(1), event_id: 'one' }]), append(0, [{ ...event(1), timestamp: 'today' }]),
            append(0, [{ ...event(1), schema_version: 1n }]),
            caught(store.readAll(0, -1)), caught(store.readStream('bank_account', 'ada', 0.5)),
            caught(store.import(0, [event(1)])),
        ]);
        const others = errors.filter(({ name, message }) => name !== 'InvalidArgument' || !message);
        return [errors.length, others.map(String), (await store.lastPosition()).position];
    ";
    assert_eq!(run(program).await, "[14,[],0]");
}

#[wasm_bindgen_test]
async fn what_was_imported_is_listed_by_its_streams_and_read_in_pages() {
    let program = "
        const at = (id, version, position) =>
            ({ aggregate_type: 'bank_account', aggregate_id: id, version, position, ...event(position) });
        const log = [at('grace', 1, 3), at('ada', 1, 5), at('ada', 2, 6)];
        await store.import(0, log);
        const { name, planned, actual } = await caught(store.import(0, log));
        const heads = (await store.streams()).map(({ aggregate_id, version }) => [aggregate_id, version]);
        const after = await store.streams({ aggregate_type: 'bank_account', aggregate_id: 'ada' });
        const page = (await store.readAll(3, 1)).map(({ position }) => position);
        return [name, planned, actual, heads, after.length, page, (await store.head('bank_account', 'ada')).version];
    ";
    assert_eq!(
        run(program).await,
        r#"["StoreMoved",0,6,[["ada",2],["grace",1]],1,[5],2]"#
    );
}

#[wasm_bindgen_test]
async fn a_head_is_known_without_asking_once_the_store_has_read_appended_or_reset() {
    let program = "
        const known = (id) => store.knownHead('bank_account', id) ?? 'unknown';
        const before = known('ada');
        await store.append('bank_account', 'ada', 0, [event(1), event(2)]);
        const after = [known('ada'), known('grace')];
        await store.reset();
        return [before, after, known('ada'), await caught((async () => store.knownHead('', 'ada'))()).then((e) => e.name)];
    ";
    assert_eq!(
        run(program).await,
        r#"["unknown",[2,0],0,"InvalidArgument"]"#
    );
}

#[wasm_bindgen_test]
async fn a_store_is_emptied_by_a_reset_and_answers_nothing_once_it_is_closed() {
    let program = "
        await store.append('bank_account', 'ada', 0, [event(1)]);
        await store.reset();
        const left = [(await store.head('bank_account', 'ada')).version, (await store.lastPosition()).position];
        store.close();
        const { name, reason } = await caught(store.readAll());
        return [left, name, reason];
    ";
    assert_eq!(
        run(program).await,
        r#"[[0,0],"Unavailable","this store was closed"]"#
    );
}

#[wasm_bindgen_test]
async fn a_durability_that_is_none_is_refused() {
    let opened =
        JsEventStore::open("eventloom-test".to_owned(), Some("lax".to_owned()), None).await;
    assert_eq!(opened.unwrap_err().name(), "InvalidArgument");
}

#[wasm_bindgen_test]
async fn a_whole_store_is_verified_without_a_finding() {
    let program = "
        await store.append('bank_account', 'ada', 'no_stream', [event(1), event(2)]);
        return store.verify();
    ";
    assert_eq!(run(program).await, "[]");
}

#[wasm_bindgen_test]
async fn what_came_back_from_the_second_copy_is_told_as_a_plain_object() {
    let name = format!("eventloom-test-{}", BrowserIds.next_id(BrowserClock.now()));
    let open = || JsEventStore::open(name.clone(), None, Some(true));
    let store = open().await.unwrap();
    assert_eq!(store.second_copy().as_deref(), Some("kept"));
    assert!(store.recovery().unwrap().is_undefined());
    let lose = format!(
        "{PRELUDE} return (async () => {{
            await store.append('bank_account', 'ada', 'no_stream', [event(1), event(2)]);
            store.close();
            await new Promise((lost) => {{ indexedDB.deleteDatabase('{name}').onsuccess = lost; }});
        }})();"
    );
    let lose = Function::new_with_args("store", &lose);
    let promise = lose.call1(&JsValue::NULL, &store.into()).unwrap();
    JsFuture::from(promise.unchecked_into::<Promise>())
        .await
        .unwrap();

    let store = open().await.unwrap();
    let told = js_sys::JSON::stringify(&store.recovery().unwrap()).unwrap();
    let expected = concat!(
        r#"{"kind":"deleted","restored":2,"lost":0,"set_aside":0,"is_known":true,"is_counted":true,"#,
        r#""sentence":"Your browser deleted this store; 2 events were restored from the journal"}"#,
    );
    assert_eq!(told.as_string().unwrap(), expected);
    let last = store.last_position(None).await.unwrap();
    let position = js_sys::Reflect::get(&last, &"position".into()).unwrap();
    assert_eq!(position, 2.0);
}
