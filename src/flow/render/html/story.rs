//! How a story looks: large, as a card, or as a headline. The title links to the leading source's article; the credit
//! names every source that carries it.

use maud::{Markup, html};

use crate::flow::render::{address, credit, text, time};
use crate::model::{Listed, Service};

/// How prominently a story is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// The first story of the front page.
    Lead,
    /// With its picture and summary.
    Card,
    /// Its title and credit.
    Headline,
}

impl Size {
    fn class(self) -> &'static str {
        match self {
            Self::Lead => "story lead",
            Self::Card => "story card",
            Self::Headline => "story headline",
        }
    }

    /// The box of the picture in CSS pixels, so that the page does not jump when it arrives.
    fn picture(self) -> Option<(u32, u32)> {
        match self {
            Self::Lead => Some((960, 540)),
            Self::Card => Some((480, 270)),
            Self::Headline => None,
        }
    }
}

/// Which time stands in the credit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Hour and day.
    Full,
    /// The hour, below a heading with the day.
    Hour,
}

/// A story as an article; its heading is of the third level.
pub(super) fn story(service: &Service, story: &Listed, size: Size, when: When) -> Markup {
    let link = story.url.as_deref().and_then(address::web);
    html! {
        article class=(size.class()) {
            @if let Some(picture) = picture(story, size, link.as_deref()) { (picture) }
            div.words {
                h3 {
                    @match &link {
                        Some(url) => a href=(url) rel="noopener noreferrer" { (text::title(&story.title)) },
                        None => (text::title(&story.title)),
                    }
                }
                @if size != Size::Headline && !story.summary.trim().is_empty() {
                    p.summary { (text::line(&story.summary)) }
                }
                (byline(service, story, when))
                @if size != Size::Headline { (rest(service, story)) }
            }
        }
    }
}

/// The picture. It says nothing that the title doesn't, so screen readers and the Tab key pass it by.
fn picture(story: &Listed, size: Size, link: Option<&str>) -> Option<Markup> {
    let image = story.image.as_deref().and_then(address::web)?;
    let (width, height) = size.picture()?;
    let loading = if size == Size::Lead { "eager" } else { "lazy" };
    let image = html! {
        img src=(image) alt="" width=(width) height=(height) loading=(loading) decoding="async" referrerpolicy="no-referrer";
    };
    Some(match link {
        Some(url) => html! { a.picture href=(url) rel="noopener noreferrer" tabindex="-1" aria-hidden="true" { (image) } },
        None => html! { span.picture { (image) } },
    })
}

/// Whose news it is, from where, and of when.
fn byline(service: &Service, story: &Listed, when: When) -> Markup {
    let shown = match when {
        When::Full => time::full(story.published, &service.timezone),
        When::Hour => time::hour(story.published, &service.timezone),
    };
    html! {
        p.byline {
            span.source { (text::title(&story.source.name)) }
            @if let Some(place) = credit::place(&story.source) { " " span.place { (place) } }
            " " time datetime=(time::rfc3339(story.published)) { (shown) }
        }
    }
}

/// The other sources and the topics.
fn rest(service: &Service, story: &Listed) -> Markup {
    html! {
        @if !story.also.is_empty() { p.also { (credit::also(&story.also)) } }
        p.also { a href=(address::local(service, &address::story_path(story.id))) { "Nguồn tin và chủ đề" } }
        @if !story.topics.is_empty() {
            ul.topics aria-label="Chủ đề" {
                @for topic in &story.topics {
                    li { a href=(address::local(service, &address::page_path(&topic.id))) { (text::title(&topic.title)) } }
                }
            }
        }
    }
}
