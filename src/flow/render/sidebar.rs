//! The *Mới nhất* sidebar for portals: as data for a portal's own script, and as a fragment of HTML.
//!
//! The fragment is put into pages that we don't know. It brings no script, no style and no picture (an unsized picture
//! breaks a narrow column), reads well unstyled, and what a portal may want to dress has a class of its own:
//! `diemtin-sidebar`, `diemtin-heading`, `diemtin-stories`, `diemtin-story`, `diemtin-text`, `diemtin-link`,
//! `diemtin-credit`, `diemtin-source`, `diemtin-place`, `diemtin-time`, `diemtin-also`, `diemtin-empty`, `diemtin-more`.
//! Where links open is the portal's choice (`<base target>`).

use maud::{Markup, html};
use serde::Serialize;

use crate::flow::render::json::{self, Topic};
use crate::flow::render::sheet::Sheet;
use crate::flow::render::{Format, address, credit, text, time};
use crate::model::{Credit, Listed, Service};

#[derive(Serialize)]
struct Sidebar {
    feed: Feed,
    updated: Option<String>,
    stories: Vec<Story>,
}

#[derive(Serialize)]
struct Feed {
    id: String,
    title: String,
    url: String,
}

#[derive(Serialize)]
struct Story {
    id: String,
    title: String,
    url: Option<String>,
    published: String,
    source: Source,
    also: Vec<Also>,
    image: Option<String>,
    topics: Vec<Topic>,
}

#[derive(Serialize)]
struct Source {
    id: String,
    name: String,
    place: Option<String>,
}

#[derive(Serialize)]
struct Also {
    id: String,
    name: String,
    url: Option<String>,
}

/// `/sidebar/ID.json`. A story's id is the one in `/story/ID`; what is not known is null.
pub(super) fn json(sheet: &Sheet) -> Vec<u8> {
    json::write(&Sidebar {
        feed: Feed { id: sheet.listing.id.to_string(), title: sheet.title(), url: sheet.other(Format::Html) },
        updated: sheet.updated().map(time::rfc3339),
        stories: sheet.stories.iter().map(|story| story_json(story)).collect(),
    })
}

fn story_json(story: &Listed) -> Story {
    let also = |credit: &Credit| Also {
        id: credit.id.to_string(),
        name: text::title(&credit.name),
        url: credit.url.as_deref().and_then(address::web),
    };
    Story {
        id: story.id.to_string(),
        title: text::title(&story.title),
        url: story.url.as_deref().and_then(address::web),
        published: time::rfc3339(story.published),
        source: Source {
            id: story.source.id.to_string(),
            name: text::title(&story.source.name),
            place: story.source.place.as_deref().map(text::line),
        },
        also: story.also.iter().map(also).collect(),
        image: story.image.as_deref().and_then(address::web),
        topics: json::topics(&story.topics),
    }
}

/// `/sidebar/ID.html`.
pub(super) fn html(sheet: &Sheet) -> Vec<u8> {
    let home = address::absolute(sheet.service, "/");
    let fragment = html! {
        section class="diemtin-sidebar" lang=(text::line(&sheet.service.language)) aria-label=(sheet.title()) {
            h2 class="diemtin-heading" {
                a href=(sheet.other(Format::Html)) rel="noopener noreferrer" { (sheet.title()) }
            }
            @if sheet.stories.is_empty() {
                p class="diemtin-empty" { "Chưa có tin nào." }
            } @else {
                ul class="diemtin-stories" { @for story in &sheet.stories { (story_html(sheet.service, story)) } }
            }
            p class="diemtin-more" {
                small { "Tổng hợp: " a href=(home) rel="noopener noreferrer" { (text::title(&sheet.service.title)) } }
            }
        }
    };
    (fragment.into_string() + "\n").into_bytes()
}

fn story_html(service: &Service, story: &Listed) -> Markup {
    let title = text::title(&story.title);
    html! {
        li class="diemtin-story" {
            p class="diemtin-text" {
                @match story.url.as_deref().and_then(address::web) {
                    Some(url) => a class="diemtin-link" href=(url) rel="noopener noreferrer" { (title) },
                    None => span class="diemtin-link" { (title) },
                }
                br;
                small class="diemtin-credit" {
                    span class="diemtin-source" { (text::title(&story.source.name)) }
                    @if let Some(place) = credit::place(&story.source) {
                        " · " span class="diemtin-place" { (place) }
                    }
                    " · "
                    time class="diemtin-time" datetime=(time::rfc3339(story.published)) {
                        (time::full(story.published, &service.timezone))
                    }
                }
                @if !story.also.is_empty() {
                    br;
                    small class="diemtin-also" { (credit::also(&story.also)) }
                }
            }
        }
    }
}
