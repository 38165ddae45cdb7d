//! A command's form, made from what its model says of the arguments.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::app::action::Action;
use crate::model::{Draft, Field, FieldError, Kind};

/// The id of a field's element.
pub fn field_id(command: &str, path: &str) -> String {
    let word: String = format!("{command}-{path}")
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    format!("field-{word}")
}

/// What the fields of one form have in common.
pub struct Form<'a> {
    /// The command.
    pub command: &'a str,
    /// What was typed.
    pub draft: &'a Draft,
    /// The currency of its amounts.
    pub currency: &'a str,
    /// What is wrong with it.
    pub errors: &'a [FieldError],
    /// Where actions go.
    pub act: &'a Callback<Action>,
}

impl Form<'_> {
    /// All fields.
    pub fn fields(&self, fields: &[Field]) -> Html {
        html! { <>{ for fields.iter().map(|field| self.field(field, "")) }</> }
    }

    fn field(&self, field: &Field, prefix: &str) -> Html {
        let path = format!("{prefix}{}", field.key);
        if let Kind::List {
            item,
            fields,
            min,
            max,
        } = &field.kind
        {
            return self.list(field, item, fields, (*min, *max));
        }
        let id = field_id(self.command, &path);
        let error = self.errors.iter().find(|error| error.path == path);
        let described = error.map(|_| format!("{id}-error"));
        let invalid = error.map(|_| "true");
        let label = match (&field.kind, self.currency) {
            (Kind::Money { .. }, currency) if !currency.is_empty() => {
                format!("{} ({currency})", field.label)
            }
            _ => field.label.to_owned(),
        };
        let value = self.draft.text(&path, &field.kind, self.currency);
        let edit = |path: String| {
            let command = self.command.to_owned();
            move |text: String| Action::Edit {
                command: command.clone(),
                path: path.clone(),
                text,
            }
        };
        let control = if let Kind::Choice(options) = &field.kind {
            let edit = edit(path);
            let onchange = self.act.reform(move |event: Event| {
                let select = event
                    .target()
                    .and_then(|t| t.dyn_into::<HtmlSelectElement>().ok());
                edit(select.map(|select| select.value()).unwrap_or_default())
            });
            html! {
                <select id={id.clone()} {onchange} aria-invalid={invalid} aria-describedby={described}>
                    { for options.iter().map(|option| html! {
                        <option value={*option} selected={*option == value}>{ *option }</option>
                    }) }
                </select>
            }
        } else {
            let edit = edit(path);
            let oninput = self.act.reform(move |event: InputEvent| {
                let input: HtmlInputElement = event.target_unchecked_into();
                edit(input.value())
            });
            let (inputmode, placeholder) = match &field.kind {
                Kind::Money { .. } => (Some("decimal"), None),
                Kind::Integer { .. } => (Some("numeric"), None),
                Kind::Text { min: 0, .. } => (None, Some("optional")),
                _ => (None, None),
            };
            html! {
                <input id={id.clone()} type="text" autocomplete="off" {inputmode} {placeholder} {value} {oninput}
                    aria-invalid={invalid} aria-describedby={described} />
            }
        };
        html! {
            <div class="field" key={id.clone()}>
                <label for={id.clone()}>{ label }</label>
                { control }
                if let Some(error) = error {
                    <p class="why" id={format!("{id}-error")}>{ format!("{} {}", error.label, error.reason) }</p>
                }
            </div>
        }
    }

    fn list(
        &self,
        field: &Field,
        item: &'static str,
        fields: &[Field],
        (min, max): (usize, usize),
    ) -> Html {
        let count = self.draft.count(field.key, &field.kind);
        let (command, path) = (self.command.to_owned(), field.key.to_owned());
        let add = {
            let (command, path) = (command.clone(), path.clone());
            self.act.reform(move |_: MouseEvent| Action::AddItem {
                command: command.clone(),
                path: path.clone(),
            })
        };
        let remove = |index: usize| {
            let (command, path) = (command.clone(), path.clone());
            self.act.reform(move |_: MouseEvent| Action::RemoveItem {
                command: command.clone(),
                path: path.clone(),
                index,
            })
        };
        let group = |index: usize| {
            let name = format!("{item} {}", index + 1);
            html! {
                <fieldset key={index}>
                    <legend>{ &name }</legend>
                    { for fields.iter().map(|inner| self.field(inner, &format!("{}/{index}/", field.key))) }
                    if count > min {
                        <button type="button" class="quiet" onclick={remove(index)}>
                            { format!("Remove {}", name.to_ascii_lowercase()) }
                        </button>
                    }
                </fieldset>
            }
        };
        html! {
            <div class="list" key={field.key}>
                { for (0..count).map(group) }
                if count < max {
                    <button type="button" class="quiet" onclick={add}>
                        { format!("Add another {}", item.to_ascii_lowercase()) }
                    </button>
                }
            </div>
        }
    }
}
