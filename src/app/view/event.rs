//! The whole envelope of the viewed event.

use serde_json::Value;
use yew::prelude::*;

use super::{ViewProps, glyph};
use crate::app::action::Action;

/// The viewed event.
pub fn event(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let viewed = state.viewed_version();
    let event = state.timeline.as_ref().and_then(|timeline| {
        let event = timeline.event(viewed)?;
        Some((event.clone(), timeline.model().look(&event.event_type)))
    });
    let copy = act.reform(|_: MouseEvent| Action::CopyEvent);
    html! {
        <section class="envelope" aria-label="Event">
            <div class="head">
                <h2>{"Event"}</h2>
                if event.is_some() {
                    <button type="button" class="quiet" onclick={copy}>{"Copy as JSON"}</button>
                }
            </div>
            if let Some((event, look)) = event {
                <p class="event-name">
                    { glyph::icon(look) }
                    <span>{ &event.event_type }</span>
                </p>
                <dl>
                    { entry("version", &event.version.to_string()) }
                    { entry("position", &event.position.to_string()) }
                    { entry("recorded", &event.time_text()) }
                    { entry("aggregate type", event.stream.aggregate_type()) }
                    { entry("aggregate id", event.stream.aggregate_id()) }
                    { entry("event id", &event.event_id.to_string()) }
                    { entry("schema version", &event.schema_version.to_string()) }
                    { entry("correlation id", &event.metadata.correlation_id) }
                    if let Some(command_id) = &event.metadata.command_id {
                        { entry("command id", &command_id.to_string()) }
                    }
                    if let Some(causation_id) = &event.metadata.causation_id {
                        { entry("causation id", causation_id) }
                    }
                    if let Some(actor) = &event.metadata.actor {
                        { entry("actor", actor) }
                    }
                    { for event.other_keys()
                        // Null marks what the file left out.
                        .filter(|(_, value)| !value.is_null())
                        .map(|(key, value)| entry(key, &value.to_string())) }
                    <div class="data">
                        <dt>{"data"}</dt>
                        <dd><pre tabindex="0" aria-label="data">{ indented(event.data.as_str()) }</pre></dd>
                    </div>
                </dl>
            } else {
                <p class="empty">{"Version 0 is before the first event."}</p>
            }
        </section>
    }
}

fn entry(name: &str, value: &str) -> Html {
    html! { <div><dt>{ name.to_owned() }</dt><dd>{ value.to_owned() }</dd></div> }
}

/// A payload over several lines; as it is, where it can't be read.
fn indented(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => format!("{value:#}"),
        Err(_) => text.to_owned(),
    }
}
