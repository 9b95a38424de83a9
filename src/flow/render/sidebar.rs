//! The *Mới nhất* sidebar for portals: as data for a portal's own script, and as a fragment of HTML.
//!
//! The fragment is put into pages that we don't know. It brings no script, and a style that weighs less than any rule of the portal's; it reads
//! well without it, too (a portal's Content-Security-Policy may refuse it). What a portal may want to dress has a class of its own:
//! `diemtin-sidebar`, `diemtin-heading`, `diemtin-stories`, `diemtin-story`, `diemtin-text`, `diemtin-link`,
//! `diemtin-credit`, `diemtin-source`, `diemtin-place`, `diemtin-time`, `diemtin-also`, `diemtin-picture`, `diemtin-image`,
//! `diemtin-empty`, `diemtin-more`. Simple wishes need no class, only a custom property on any element around it: `--diemtin-font`,
//! `--diemtin-ink`, `--diemtin-soft`, `--diemtin-link`, `--diemtin-rule`, `--diemtin-gap`, `--diemtin-picture` (a width; `0` shows none).
//! Where links open is the portal's choice (`<base target>`).

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

use crate::flow::render::json::{self, Topic};
use crate::flow::render::sheet::Sheet;
use crate::flow::render::{CSS, Format, Rendered, address, credit, text, time};
use crate::model::{Credit, Listed, Service};

#[derive(Serialize)]
struct Sidebar {
    feed: Feed,
    updated: String,
    cursor: String,
    since: Option<String>,
    stories: Vec<Story>,
    withdrawn: Vec<String>,
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

/// `/sidebar/ID.json`. A story's id is the one in `/story/ID`; what is not known is null. Who asks again with `?since=` and the `cursor` of
/// last time gets `since` back, and all stories of the feed that are new or have changed, and no other; where not all can be told, `since` is null
/// and the stories are those of the sidebar.
pub(super) fn json(sheet: &Sheet) -> Vec<u8> {
    json::write(&Sidebar {
        feed: Feed { id: sheet.listing.id.to_string(), title: sheet.title(), url: sheet.other(Format::Html) },
        updated: time::rfc3339(sheet.updated().or(sheet.listing.updated()).unwrap_or(time::BEFORE_ANY_STORY)),
        cursor: cursor(sheet.listing.cursor()),
        since: sheet.known().map(cursor),
        withdrawn: sheet.listing.withdrawn.iter().map(|(id, _)| id.to_string()).collect(),
        stories: sheet.stories.iter().map(|story| story_json(story)).collect(),
    })
}

fn cursor(cursor: u64) -> String {
    format!("{cursor:016x}")
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

/// The looks of the fragment. No rule weighs anything (`:where`), so that each of the portal's own goes before it.
const STYLE: &str = include_str!("sidebar.css");

/// `/sidebar/ID.html`.
pub(super) fn html(sheet: &Sheet) -> Vec<u8> {
    let fragment = html! {
        // First, so that nothing is seen without it.
        style { (PreEscaped(STYLE.trim_end())) }
        (section(sheet, false))
    };
    (fragment.into_string() + "\n").into_bytes()
}

/// `/embed/ID`: the fragment as a page of its own, for a frame. Links open outside the frame.
pub(super) fn embed(sheet: &Sheet) -> Vec<u8> {
    let page = html! {
        (DOCTYPE)
        html lang=(text::line(&sheet.service.language)) {
            head {
                meta charset="utf-8";
                title { (sheet.title()) " – " (text::title(&sheet.service.title)) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                base target="_blank";
                link rel="stylesheet" href=(address::local(sheet.service, EMBED_STYLE));
            }
            body { main { (section(sheet, true)) } }
        }
    };
    (page.into_string() + "\n").into_bytes()
}

/// The path of the style sheet of `/embed/ID`.
pub const EMBED_STYLE: &str = "/embed.css";

/// The style sheet of `/embed/ID`.
pub fn embed_style() -> Rendered {
    Rendered { content_type: CSS, body: [include_str!("embed.css"), STYLE].concat().into_bytes() }
}

/// The fragment; where it is a page of its own its heading is the page's.
fn section(sheet: &Sheet, is_page: bool) -> Markup {
    let home = address::absolute(sheet.service, "/");
    let heading = html! { a href=(sheet.other(Format::Html)) rel="noopener noreferrer" { (sheet.title()) } };
    html! {
        section class="diemtin-sidebar" lang=(text::line(&sheet.service.language)) aria-label=(sheet.title()) {
            @if is_page { h1 class="diemtin-heading" { (heading) } } @else { h2 class="diemtin-heading" { (heading) } }
            @if sheet.stories.is_empty() {
                p class="diemtin-empty" { "Chưa có tin nào." }
            } @else {
                ul class="diemtin-stories" { @for story in &sheet.stories { (story_html(sheet.service, story)) } }
            }
            p class="diemtin-more" {
                small { "Tổng hợp: " a href=(home) rel="noopener noreferrer" { (text::title(&sheet.service.title)) } }
            }
        }
    }
}

fn story_html(service: &Service, story: &Listed) -> Markup {
    let title = text::title(&story.title);
    let url = story.url.as_deref().and_then(address::web);
    html! {
        li class="diemtin-story" {
            p class="diemtin-text" {
                @match &url {
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
            // After the words, and of a size that is known: where it fails, an even grey stays (a pseudo-element of an image shows only
            // then), and nothing moves.
            @if let Some(image) = story.image.as_deref().and_then(address::web) {
                div class="diemtin-picture" aria-hidden="true" {
                    img class="diemtin-image" src=(image) alt="" width="96" height="64" loading="lazy" decoding="async" referrerpolicy="no-referrer";
                }
            }
        }
    }
}
