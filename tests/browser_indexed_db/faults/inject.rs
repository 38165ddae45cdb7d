//! The steps at which the storage can fail, the ways it does, and doing so to one database and its
//! second copy.

use std::collections::BTreeMap;

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A kind of step and a way it fails: as the script has them, and the report.
pub type Fault = (&'static str, &'static str);

const THROWS: &str = "throws UnknownError";
const THROWS_FULL: &str = "throws QuotaExceededError";
const THROWS_CLOSED: &str = "throws InvalidStateError";
const FAILS: &str = "fails UnknownError";
const FAILS_FULL: &str = "fails QuotaExceededError";
/// Undone without a reason.
const UNDONE: &str = "is undone";
/// The connection closes, and what was under way is undone.
const LOST: &str = "is lost";
/// All of it is there, and the connection closes before that is answered.
const DONE_AND_LOST: &str = "is done and lost";

const THROWS_DENIED: &str = "throws SecurityError";
const THROWS_TAKEN: &str = "throws NoModificationAllowedError";
/// A part of it is done.
const HALF: &str = "is half done";
/// A part of it is done, which the answer says.
const SHORT: &str = "is cut short";
/// All of it is done, and the answer is that it failed.
const DONE_AND_THROWS: &str = "is done and throws";
/// It is said to be done, and isn't.
const DROPPED: &str = "is dropped";
/// Another tab has the lock, and keeps it.
const HELD: &str = "is held elsewhere";
/// The worker ends amid it, without a word.
const DIES: &str = "dies";
/// The worker doesn't answer any more, and keeps what it has.
const HANGS: &str = "hangs";

const REQUEST: &[&str] = &[THROWS, THROWS_FULL, FAILS, FAILS_FULL, LOST];
const COMMIT: &[&str] = &[FAILS, FAILS_FULL, UNDONE, LOST, DONE_AND_LOST];

const OPENED: &[&str] = &[
    THROWS,
    THROWS_FULL,
    THROWS_TAKEN,
    DONE_AND_THROWS,
    DIES,
    HANGS,
];
const WRITTEN: &[&str] = &[
    THROWS,
    THROWS_FULL,
    HALF,
    SHORT,
    DONE_AND_THROWS,
    DIES,
    HANGS,
];
const CUT: &[&str] = &[THROWS, DONE_AND_THROWS, DIES, HANGS];

/// Every kind of step, with the ways it fails. A store that gains a kind gains a line here, and its
/// name in a script.
pub const STEPS: &[(&str, &[&str])] = &[
    ("open", &[THROWS, THROWS_FULL, FAILS, FAILS_FULL, LOST]),
    ("upgrade", &[THROWS, THROWS_FULL]),
    ("upgrade commit", &[UNDONE]),
    ("transaction", &[THROWS, THROWS_FULL, THROWS_CLOSED, LOST]),
    ("object store", &[THROWS, THROWS_CLOSED]),
    ("get", REQUEST),
    ("get all", REQUEST),
    ("get all keys", REQUEST),
    ("add", REQUEST),
    ("clear", REQUEST),
    ("snapshot put", REQUEST),
    ("checkpoint put", REQUEST),
    ("commit", COMMIT),
    ("migration read", REQUEST),
    ("migration write", REQUEST),
    ("migration commit", COMMIT),
    ("opening lock", &[THROWS_DENIED]),
    ("journal lock", &[THROWS_DENIED, HELD]),
    ("journal open", OPENED),
    ("journal read", &[THROWS, DIES, HANGS]),
    ("journal write", WRITTEN),
    ("journal truncate", CUT),
    ("journal flush", CUT),
    ("sentinel", &[THROWS_DENIED, THROWS_FULL, DROPPED]),
];

/// Those of the second copy: no call fails for their sake.
pub const OF_SECOND_COPY: &[&str] = &[
    "opening lock",
    "journal lock",
    "journal open",
    "journal read",
    "journal write",
    "journal truncate",
    "journal flush",
    "sentinel",
];

/// The faults of these kinds.
pub fn faults_of(kinds: &[&str]) -> Vec<Fault> {
    let kinds = STEPS.iter().filter(|(kind, _)| kinds.contains(kind));
    kinds
        .flat_map(|(kind, ways)| ways.iter().map(|way| (*kind, *way)))
        .collect()
}

fn all_faults() -> Vec<Fault> {
    let kinds: Vec<&str> = STEPS.iter().map(|(kind, _)| *kind).collect();
    faults_of(&kinds)
}

/// What is to happen during an operation.
#[derive(Clone, Debug)]
pub struct Plan {
    pub fault: Fault,
    /// So many steps of the kind go well before.
    pub nth: u32,
    /// Whether each step of the kind fails from then on, and not that one alone.
    pub lasting: bool,
}

/// How often each fault was met.
#[derive(Default)]
pub struct Tally(BTreeMap<Fault, u64>);

impl Tally {
    pub fn count(&mut self, fault: Fault) {
        *self.0.entry(fault).or_default() += 1;
    }

    fn met(&self, fault: &Fault) -> u64 {
        self.0.get(fault).copied().unwrap_or(0)
    }

    /// A line for each fault.
    pub fn report(&self) -> String {
        let line = |fault: Fault| format!("{:>6} {} {}\n", self.met(&fault), fault.0, fault.1);
        all_faults().into_iter().map(line).collect()
    }

    /// The faults that were never met.
    pub fn missed(&self) -> Vec<Fault> {
        let mut all = all_faults();
        all.retain(|fault| self.met(fault) == 0);
        all
    }
}

/// Has the storage of this page fail for one database, until it is dropped.
pub struct Injector(JsValue);

impl Injector {
    pub fn on(name: &str) -> Injector {
        let install = Function::new_with_args("name, inWorker", include_str!("inject.js"));
        let in_worker = include_str!("inject_worker.js").into();
        let installed = install.call2(&JsValue::UNDEFINED, &name.into(), &in_worker);
        Injector(installed.unwrap())
    }

    pub fn arm(&self, plan: &Plan) {
        let (kind, way) = plan.fault;
        let asked = [
            kind.into(),
            plan.nth.into(),
            way.into(),
            plan.lasting.into(),
        ];
        self.call("arm", &asked);
    }

    /// Ends what was planned; answers whether it came to that.
    pub async fn lift(&self) -> bool {
        self.wait("lift").await.is_truthy()
    }

    /// From now on the store doesn't wait long for who keeps the journal and doesn't answer.
    pub fn hurry(&self) {
        self.call("hurry", &[]);
    }

    /// Waits until nobody has the journal open; then the store is patient again.
    pub async fn rest(&self) {
        self.wait("rest").await;
    }

    /// Deletes the database alone, as a browser may.
    pub async fn lose_database(&self) {
        self.wait("loseDatabase").await;
    }

    /// Closes every connection, as the browser does when it has to.
    pub fn lose(&self) {
        self.call("lose", &[]);
    }

    async fn wait(&self, method: &str) -> JsValue {
        let promise: Promise = self.call(method, &[]).unchecked_into();
        JsFuture::from(promise).await.unwrap()
    }

    fn call(&self, method: &str, asked: &[JsValue]) -> JsValue {
        let method = Reflect::get(&self.0, &method.into()).unwrap();
        let method: &Function = method.unchecked_ref();
        let asked: Array = asked.iter().collect();
        method.apply(&self.0, &asked).unwrap()
    }
}

impl Drop for Injector {
    fn drop(&mut self) {
        self.call("end", &[]);
    }
}
