//! Mounts the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("app"));
    match root {
        Some(root) => {
            yew::Renderer::<eventloom::app::App>::with_root_and_props(root, parts::LOADERS)
                .render();
        }
        None => web_sys::console::error_1(&"index.html has no element with the id app".into()),
    }
}

/// The parts that aren't loaded with the page. `xtask/split` puts what only these functions reach into files of
/// their own. They stand in the program: in the library they would be in the worker as well.
#[cfg(target_arch = "wasm32")]
mod parts {
    use eventloom::app::loading::{
        self, Adding, Dialogs, Draw, Jobs, LoadCode, Loaders, Memory, Story, Upkeep,
    };
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    pub const LOADERS: Loaders = Loaders {
        about: || Box::pin(async { about().await.map_err(words) }),
        dialogs: || Box::pin(async { dialogs().await.map_err(words) }),
        jobs: || Box::pin(async { jobs().await.map_err(words) }),
        memory: || Box::pin(async { memory().await.map_err(words) }),
        story: || Box::pin(async { story().await.map_err(words) }),
        code: LoadCode {
            adding: || Box::pin(async { adding().await.map_err(words) }),
            upkeep: || Box::pin(async { upkeep().await.map_err(words) }),
        },
    };

    fn words(_: SplitLoaderError) -> String {
        "a part of Eventloom couldn't be fetched. Where trying again doesn't help, reload the page"
            .to_owned()
    }

    #[wasm_split(adding, fallible)]
    fn adding() -> Result<Adding, SplitLoaderError> {
        Ok(Adding::here())
    }

    #[wasm_split(about, fallible)]
    fn about() -> Result<Draw, SplitLoaderError> {
        Ok(loading::about())
    }

    #[wasm_split(dialogs, fallible)]
    fn dialogs() -> Result<Dialogs, SplitLoaderError> {
        Ok(loading::dialogs())
    }

    #[wasm_split(jobs, fallible)]
    fn jobs() -> Result<Jobs, SplitLoaderError> {
        Ok(loading::jobs())
    }

    #[wasm_split(memory, fallible)]
    fn memory() -> Result<Memory, SplitLoaderError> {
        Ok(loading::memory())
    }

    #[wasm_split(story, fallible)]
    fn story() -> Result<Story, SplitLoaderError> {
        Ok(loading::story())
    }

    #[wasm_split(upkeep, fallible)]
    fn upkeep() -> Result<Upkeep, SplitLoaderError> {
        Ok(Upkeep::here())
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("The page runs in a browser: start it with `cargo xtask serve`.");
}
