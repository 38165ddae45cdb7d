//! The whole envelope of the viewed event.

use std::fmt::Display;

use yew::prelude::*;

use super::{ViewProps, called, glyph};
use crate::app::action::Action;
use crate::app::words::means;
use crate::core::{Position, RecordedEvent};

/// The viewed event.
pub fn event(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let viewed = state.viewed_version();
    let event = state.timeline.as_ref().and_then(|timeline| {
        let event = timeline.event(viewed)?;
        Some((event.clone(), timeline.look(event)))
    });
    let copy = act.reform(|_: MouseEvent| Action::CopyEvent);
    let is_whole = event.as_ref().is_some_and(|(event, _)| !event.is_hole());
    html! {
        <section class="envelope" aria-label="Event">
            <div class="head">
                <h2>{"Event"}</h2>
                if is_whole {
                    <button type="button" class="quiet" onclick={copy}>{"Copy as JSON"}</button>
                }
            </div>
            { super::sentence(state, "One of them, with all that was recorded about it.") }
            if let Some((event, look)) = event {
                <p class="event-name">
                    { glyph::icon(look) }
                    <span>{ called(&event) }</span>
                </p>
                <dl>
                    { for entries(&event) }
                    if is_whole {
                        <div class="data">
                            <dt>{"data"}</dt>
                            <dd><pre tabindex="0" aria-label="data">{ format!("{:#}", event.data.value()) }</pre></dd>
                        </div>
                    }
                </dl>
            } else {
                <p class="empty">{"Version 0 is before the first event."}</p>
            }
        </section>
    }
}

/// What is known of an event, but for its payload.
fn entries(event: &RecordedEvent) -> Vec<Html> {
    let mut entries = Vec::new();
    let mut add = |name: &str, value: &dyn Display| {
        let (name, value) = (name.to_owned(), value.to_string());
        // `aggregate type` and `aggregate id` are of an aggregate.
        let word = means(&name).or_else(|| means(name.split(' ').next().unwrap_or_default()));
        entries.push(html! { <div><dt title={word}>{ name }</dt><dd>{ value }</dd></div> });
    };
    let is_hole = event.is_hole();
    let metadata = &event.metadata;
    add("version", &event.version);
    if event.position > Position::START {
        add("position", &event.position);
    }
    if !is_hole {
        add("recorded", &event.time_text());
    }
    add("aggregate type", &event.stream.aggregate_type());
    add("aggregate id", &event.stream.aggregate_id());
    if is_hole {
        return entries;
    }
    add("event id", &event.event_id);
    add("schema version", &event.schema_version);
    add("correlation id", &metadata.correlation_id);
    if let Some(command_id) = &metadata.command_id {
        add("command id", command_id);
    }
    if let Some(causation_id) = &metadata.causation_id {
        add("causation id", causation_id);
    }
    if let Some(actor) = &metadata.actor {
        add("actor", actor);
    }
    for (key, value) in event.other_keys() {
        // Null marks what the file left out.
        if !value.is_null() {
            add(key, value);
        }
    }
    entries
}
