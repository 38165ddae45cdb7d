//! Under which name the database of a store lies: its own, and once one that doesn't open was left under that, the
//! next, `NAME~2`. Which it is is noted in local storage, and in the mark of the second copy; where neither says
//! anything, it is the last of these names that the browser lists.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::in_use::InUse;
use super::journal::{self, sentinel};
use super::opening;
use super::schema::{self, WhenBlocked};
use crate::browser::BrowserClock;
use crate::browser::opfs::Lock;
use crate::core::{Clock, Timestamp};
use crate::store::{SetAside, StoreError, Unopened, WhySetAside};

/// Which of a store's databases is the store, and since when; those before were left.
#[derive(Clone, Copy)]
struct Noted {
    number: u64,
    since: Timestamp,
    /// Whether it is still to be made.
    is_new: bool,
}

impl Noted {
    /// It is this one from now on.
    fn now(number: u64, is_new: bool) -> Noted {
        let since = BrowserClock.now();
        Noted {
            number,
            since,
            is_new,
        }
    }
}

/// Between the name of a store and the number of one of its databases.
const NEXT: char = '~';

/// Noted of a database that is still to be made.
const NEW: &str = "new";

fn key(store: &str) -> String {
    format!("{store}.database")
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Whether the browser denies this site all storage: then it says of a database that it couldn't be read, too.
pub(super) fn is_denied() -> bool {
    web_sys::window().is_some_and(|window| window.local_storage().is_err())
}

/// What is noted in local storage.
fn noted(store: &str) -> Option<Noted> {
    let text = storage()?.get_item(&key(store)).ok()??;
    let mut fields = text.split(' ');
    Some(Noted {
        number: fields.next()?.parse().ok()?,
        since: Timestamp::from_millis(fields.next()?.parse().ok()?),
        is_new: fields.next() == Some(NEW),
    })
}

/// Notes it. Where that can't be, since there is no room or it is denied, nothing else is noted either: then what the
/// browser lists says it, and the mark. Answers whether it is noted.
fn note(store: &str, noted: Noted) -> bool {
    let (number, since) = (noted.number, noted.since.millis());
    let new = if noted.is_new { NEW } else { "" };
    let Some(storage) = storage() else {
        return false;
    };
    let text = format!("{number} {since} {new}");
    let is_noted = storage.set_item(&key(store), &text).is_ok();
    if !is_noted {
        forget(store);
    }
    is_noted
}

fn forget(store: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&key(store));
    }
}

/// The database of a store is open. Answers whether it was made since the one before was left.
pub(super) fn has_begun(store: &str) -> bool {
    let new = noted(store).filter(|noted| noted.is_new);
    if let Some(noted) = new {
        let is_new = false;
        note(store, Noted { is_new, ..noted });
    }
    new.is_some()
}

fn name_of(store: &str, number: u64) -> String {
    match number {
        0 | 1 => store.to_owned(),
        _ => format!("{store}{NEXT}{number}"),
    }
}

/// Which of a store's databases this is, from 1 on; none where it is none of them.
pub(super) fn number_of(store: &str, database: &str) -> Option<u64> {
    match database.strip_prefix(store)? {
        "" => Some(1),
        rest => rest.strip_prefix(NEXT)?.parse().ok(),
    }
}

/// The numbers of the databases of a store that the browser lists, the lowest first; none where it lists none.
async fn listed(store: &str) -> Vec<u64> {
    let asked = || {
        let factory = Reflect::get(&js_sys::global(), &"indexedDB".into()).ok()?;
        let databases = Reflect::get(&factory, &"databases".into()).ok()?;
        let databases = databases.dyn_ref::<js_sys::Function>()?;
        databases.call0(&factory).ok()?.dyn_into::<Promise>().ok()
    };
    let Some(asked) = asked() else {
        return Vec::new();
    };
    let found = JsFuture::from(asked).await.unwrap_or(JsValue::UNDEFINED);
    let Some(found) = found.dyn_ref::<Array>() else {
        return Vec::new();
    };
    let mut numbers: Vec<u64> = Vec::new();
    for database in found.iter() {
        let name = Reflect::get(&database, &"name".into()).unwrap_or_default();
        let number = name.as_string().and_then(|name| number_of(store, &name));
        if let Some(number) = number {
            let at = numbers.partition_point(|other| *other < number);
            numbers.insert(at, number);
        }
    }
    numbers
}

/// Refuses a name that is that of another store's later database.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub(super) fn check(store: &str) -> Result<(), StoreError> {
    let number = store.rsplit_once(NEXT).map(|(_, number)| number);
    match number.is_some_and(|number| number.parse::<u64>().is_ok()) {
        true => Err(StoreError::Unavailable {
            reason: "a store's name can't end with ~ and a number: so the databases of another are called; take \
                     another name"
                .into(),
        }),
        false => Ok(()),
    }
}

/// The name of the database that is the store now. That it is the first is noted, too: so a note that is missing was
/// lost.
pub(super) async fn current(store: &str) -> String {
    let last = listed(store).await.last().copied().unwrap_or(1);
    let noted = noted(store);
    // A browser writes local storage seconds later: killed before, it knows of an earlier one.
    if let Some(noted) = noted.filter(|noted| noted.number >= last) {
        return name_of(store, noted.number);
    }
    let marked = match noted {
        Some(_) => None,
        None => journal::database_of(store).await,
    };
    let number = marked.unwrap_or(1).max(last);
    note(store, Noted::now(number, false));
    name_of(store, number)
}

/// What is known of a database that doesn't open, beside it.
pub(super) async fn unopened(store: &str) -> Unopened {
    let noted = sentinel::read(store).filter(|noted| !noted.store.is_nil());
    Unopened {
        events: noted.map(|noted| noted.events),
        second_copy: journal::events_of(store).await,
        is_open_elsewhere: is_open(store).await,
    }
}

/// Whether a tab has a store open. Where nobody can tell, one may.
async fn is_open(store: &str) -> bool {
    Lock::holders(&super::presence::lock_name(store)).await != Ok(0)
}

/// Leaves the database of a store as it is, under its name: the store is the next one from now on, which is
/// made when it is opened.
///
/// # Errors
/// [`InUse::Blocked`]: a tab has it open. [`InUse::Unanswered`]: a tab is at opening it, or at leaving it. The
/// storage's, where nothing can be noted and the next can't be made.
pub(super) async fn leave(store: &str) -> Result<(), StoreError> {
    let before = current(store).await;
    // Of two who choose it at once the second finds it done.
    let _turn = opening::wait(Lock::ask(&opening::lock_name(store)), WhenBlocked::GiveUp).await?;
    if current(store).await != before {
        return Ok(());
    }
    if is_open(store).await {
        return Err(InUse::Blocked.into());
    }
    let last = listed(store).await.last().copied().unwrap_or(1);
    let number = number_of(store, &before).unwrap_or(1).max(last) + 1;
    if !note(store, Noted::now(number, true)) {
        // Where nothing can be noted, what the browser lists has to say it.
        let name = name_of(store, number);
        let made = schema::open(&name, schema::STEPS, WhenBlocked::GiveUp).await?;
        made.database.close();
    }
    Ok(())
}

/// The databases of a store that were left, the oldest first.
pub(super) async fn left(store: &str, database: &str) -> Vec<SetAside> {
    let now = number_of(store, database).unwrap_or(1);
    if now == 1 {
        return Vec::new();
    }
    let since = noted(store).map(|noted| noted.since);
    let before = listed(store)
        .await
        .into_iter()
        .filter(|number| *number < now);
    let left = before.map(|number| SetAside {
        name: name_of(store, number),
        // Of those before the last nobody noted it.
        at: since.filter(|_| number + 1 == now),
        events: None,
        why: WhySetAside::Unopened,
    });
    left.collect()
}

/// Deletes all databases of a store.
///
/// # Errors
/// As [`schema::delete`].
pub(super) async fn delete_all(store: &str) -> Result<(), StoreError> {
    for number in listed(store).await {
        if number > 1 {
            schema::delete(&name_of(store, number)).await?;
        }
    }
    forget(store);
    schema::delete(store).await
}
