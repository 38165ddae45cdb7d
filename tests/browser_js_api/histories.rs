//! Histories as a JavaScript program meets them: named in answers, ended by a reset, taken back, waited for.

use wasm_bindgen_test::wasm_bindgen_test;

use super::{run, run_in_two_tabs};

#[wasm_bindgen_test]
async fn answers_name_their_history_and_one_that_ended_is_refused() {
    let program = "
        await store.append('bank_account', 'ada', 0, [event(1), event(2)]);
        const old = await store.history();
        const pages = [
            await store.readStream('bank_account', 'ada', 1, 9, old), await store.readAll(0, 9, old),
            await store.streams(null, 9, old),
        ];
        const told = [
            await store.head('bank_account', 'ada', old), await store.lastPosition(old), await store.nextPosition(old),
            await store.chain(0, old),
        ];
        const alike = pages.every(({ history, length }) => history === old && length > 0)
            && told.every(({ history }) => history === old);
        const places = [told[0].version, told[1].position, told[2].position, await store.countAfter(1, old)];
        await store.append('bank_account', 'ada', 2, [event(3)], old);
        await store.reset();
        await store.append('bank_account', 'ada', 0, [event(4)]);
        const now = await store.history();
        const refused = await Promise.all([
            store.readStream('bank_account', 'ada', 0, 9, old), store.readAll(0, 9, old), store.streams(null, 9, old),
            store.head('bank_account', 'ada', old), store.lastPosition(old), store.import(4, [], old),
            store.nextPosition(old), store.countAfter(0, old), store.chain(0, old), store.changed(0, old),
            store.append('bank_account', 'ada', 1, [event(5)], old),
        ].map(caught));
        const others = refused.filter((error) => error.name !== 'HistoryChanged' || error.known !== old
            || error.now !== now || error.outcomeIsUnknown);
        const { name } = await caught(store.readAll(0, 9, 'the first'));
        // Who gives none is answered for that of the moment.
        await store.append('bank_account', 'ada', 1, [event(5)]);
        return [alike, places, others, name, (await store.readAll()).length, (await store.readAll()).history === now];
    ";
    assert_eq!(
        run(program).await,
        r#"[true,[2,2,3,1],[],"InvalidArgument",2,true]"#
    );
}

#[wasm_bindgen_test]
async fn an_append_answers_with_the_history_that_it_was_recorded_in() {
    let program = "
        const first = await store.append('bank_account', 'ada', 0, [event(1)]);
        const given = await store.append('bank_account', 'ada', 1, [event(2)], first.history);
        const again = await store.append('bank_account', 'ada', 1, [event(2)]);
        const none = await store.append('bank_account', 'ada', 2, []);
        const one = await store.history();
        await store.reset();
        const after = await store.append('bank_account', 'ada', 0, [event(3)]);
        const other = await store.history();
        return [[first, given, again, none].every(({ history }) => history === one), after.history === other, one === other];
    ";
    assert_eq!(run(program).await, "[true,true,false]");
}

#[wasm_bindgen_test]
async fn a_batch_that_another_tab_recorded_again_after_a_reset_is_answered_in_that_history() {
    let program = "
        const batch = [event(1)];
        await store.append('bank_account', 'ada', 'any', batch);
        await other.reset();
        const there = await other.append('bank_account', 'ada', 'any', batch);
        const here = await store.append('bank_account', 'ada', 'any', batch);
        return [here.history === there.history, here[0].position === there[0].position];
    ";
    assert_eq!(run_in_two_tabs(program).await, "[true,true]");
}

#[wasm_bindgen_test]
async fn a_batch_of_before_a_reset_is_refused_though_another_tab_recorded_it_again() {
    let program = "
        const batch = [event(1)];
        const { history } = await store.append('bank_account', 'ada', 'any', batch);
        await other.reset();
        await other.append('bank_account', 'ada', 'any', batch);
        const { name, known } = await caught(store.append('bank_account', 'ada', 'any', batch, history));
        return [name, known === history];
    ";
    assert_eq!(run_in_two_tabs(program).await, r#"["HistoryChanged",true]"#);
}

#[wasm_bindgen_test]
async fn what_follows_a_position_is_counted_and_the_next_one_is_told_after_a_reset_too() {
    let program = "
        await store.import(0, [placed(1, 3), placed(2, 5)]);
        const counts = await Promise.all([0, 3, 4, 5].map((position) => store.countAfter(position)));
        const next = [(await store.nextPosition()).position];
        await store.reset();
        next.push((await store.nextPosition()).position);
        const { name } = await caught(store.countAfter(-1));
        return [counts, await store.countAfter(0), next, name];
    ";
    assert_eq!(
        run(program).await,
        r#"[[2,1,1,0],0,[6,6],"InvalidArgument"]"#
    );
}

#[wasm_bindgen_test]
async fn chains_tell_two_logs_apart() {
    let program = "
        const log = [placed(1, 1), placed(2, 2)];
        await store.import(0, log);
        const first = await store.chain(2);
        await store.reset([placed(1, 1), { ...placed(2, 2), data: '{}' }]);
        const second = await store.chain(2);
        const digits = [first, second].every(({ chain }) => /^[0-9a-f]{16}$/.test(chain));
        const { name } = await caught(store.chain(0.5));
        const [start, amid] = [await store.chain(0), await store.chain(1)];
        return [digits, first.chain === second.chain, start.chain, amid.chain ?? 'none', amid.history === second.history, name];
    ";
    assert_eq!(
        run(program).await,
        r#"[true,false,"0000000000000000","none",true,"InvalidArgument"]"#
    );
}

#[wasm_bindgen_test]
async fn an_import_is_taken_back_once_while_it_is_the_last_that_was_recorded() {
    let program = "
        await store.append('bank_account', 'ada', 0, [event(1)]);
        const token = await store.import(1, [placed(2, 2), placed(3, 3)]);
        await store.undoImport(JSON.parse(JSON.stringify(token)));
        const { position, history } = await store.lastPosition();
        const { name, known, now, outcomeIsUnknown } = await caught(store.undoImport(token));
        const told = [name, known === token.history, now === history, outcomeIsUnknown];
        const another = await store.import(1, [placed(2, 4)]);
        await store.append('bank_account', 'ada', 2, [event(5)]);
        const late = await caught(store.undoImport(another));
        return [position, told, late.name, late.outcomeIsUnknown, (await store.readAll()).length, await store.import(5, []) ?? null];
    ";
    assert_eq!(
        run(program).await,
        r#"[1,["AnotherHistory",true,true,false],"GoneOn",false,3,null]"#
    );
}

#[wasm_bindgen_test]
async fn a_reset_takes_events_in_and_is_taken_back_while_nothing_else_was_recorded() {
    let program = "
        const { history } = await store.append('bank_account', 'ada', 0, [event(1), event(2)]);
        const token = await store.reset([placed(1, 7)]);
        const held = (await store.readAll()).map(({ position }) => position);
        await store.undoReset(JSON.parse(JSON.stringify(token)));
        const back = await store.readAll();
        const again = await caught(store.undoReset(token));
        const late = await store.reset();
        await store.append('bank_account', 'ada', 0, [event(3)]);
        const { name, outcomeIsUnknown } = await caught(store.undoReset(late));
        return [
            held, back.map(({ position }) => position), back.history === history,
            again.name, again.known === token.history, again.now === history, name, outcomeIsUnknown,
        ];
    ";
    assert_eq!(
        run(program).await,
        r#"[[7],[1,2],true,"AnotherHistory",true,true,"GoneOn",false]"#
    );
}

#[wasm_bindgen_test]
async fn a_reset_whose_room_was_taken_is_not_taken_back() {
    let program = "
        await store.append('bank_account', 'ada', 0, [event(1)]);
        const token = await store.reset();
        await store.compact();
        const { name, outcomeIsUnknown } = await caught(store.undoReset(token));
        return [name, outcomeIsUnknown, (await store.readAll()).length];
    ";
    assert_eq!(run(program).await, r#"["Swept",false,0]"#);
}

#[wasm_bindgen_test]
async fn a_reset_with_an_event_that_is_not_the_next_one_empties_nothing() {
    let program = "
        await store.append('bank_account', 'ada', 0, [event(1)]);
        const { name, expected, found } = await caught(store.reset([placed(2, 1)]));
        const { name: argument } = await caught(store.reset([event(1)]));
        return [name, expected, found, argument, (await store.readAll()).length];
    ";
    assert_eq!(
        run(program).await,
        r#"["Misplaced",1,2,"InvalidArgument",1]"#
    );
}

#[wasm_bindgen_test]
async fn a_token_of_something_else_is_refused_and_one_that_a_lost_store_took_has_no_known_outcome()
{
    let program = "
        const imported = await store.import(0, [placed(1, 1)]);
        const wrong = [store.undoReset(imported), store.undoImport(), store.undoImport('the last'), store.undoImport({ of: 'import' })];
        wrong.push(store.undoImport({ ...imported, chain: undefined }));
        const reset = await store.reset();
        wrong.push(store.undoImport(reset));
        const names = (await Promise.all(wrong.map(caught))).map(({ name }) => name);
        store.close();
        const lost = (await Promise.all([store.undoReset(reset), store.undoImport(imported)].map(caught)))
            .map(({ name, outcomeIsUnknown }) => [name, outcomeIsUnknown]);
        return [new Set(names).size, names[4], lost];
    ";
    assert_eq!(
        run(program).await,
        r#"[1,"InvalidArgument",[["Unavailable",true],["Unavailable",true]]]"#
    );
}

/// What becomes of a promise: a word once it is kept, and an error's name once it is broken.
const ENDED: &str = "
    const ended = (promise) => promise.then((value) => value === undefined ? 'changed' : 'something', ({ name }) => name);
    const soon = (promise) => Promise.race([ended(promise), new Promise((end) => setTimeout(end, 300, 'waits'))]);
";

#[wasm_bindgen_test]
async fn a_change_is_waited_for_until_it_is_there() {
    let program = format!(
        "{ENDED}
        const {{ history }} = await store.append('bank_account', 'ada', 0, [event(1)]);
        const past = await soon(store.changed(0));
        const next = store.changed(1, history);
        const before = await soon(next);
        await other.append('bank_account', 'ada', 1, [event(2)]);
        const after = await ended(next);
        const emptied = store.changed(2, history);
        await other.reset();
        return [past, before, after, await ended(emptied), await soon(store.changed(0.5))];"
    );
    assert_eq!(
        run_in_two_tabs(&program).await,
        r#"["changed","waits","changed","HistoryChanged","InvalidArgument"]"#
    );
}

#[wasm_bindgen_test]
async fn a_change_is_waited_for_until_that_is_given_up_or_the_store_is_closed() {
    let program = format!(
        "{ENDED}
        const giving = new AbortController();
        const given = store.changed(0, undefined, giving.signal);
        const before = await soon(given);
        giving.abort();
        const late = await ended(store.changed(0, undefined, giving.signal));
        const why = new AbortController();
        const reason = caught(store.changed(0, null, why.signal));
        why.abort('enough');
        const waiting = store.changed(0);
        const still = await soon(waiting);
        store.close();
        store.free();
        return [before, await ended(given), late, await reason, still, await soon(waiting)];"
    );
    assert_eq!(
        run(&program).await,
        r#"["waits","AbortError","AbortError","enough","waits","changed"]"#
    );
}
