//! `/`: the front page. The newest story with a picture leads; then the latest headlines, the topics, the places and all feeds.

use std::sync::Arc;

use maud::{Markup, html};

use crate::flow::render::html::story::{Size, When, story};
use crate::flow::render::html::{Frame, subscribe};
use crate::flow::render::{Rendered, address, text, time};
use crate::model::{Listed, Listing, Service};

/// The headlines beside the leading story: about as tall as it is.
const HEADLINES: usize = 7;

/// The cards below it: three rows of three.
const CARDS: usize = 9;

/// The stories of a topic: a card and headlines.
const TOPIC_STORIES: usize = 4;

/// What the front page shows.
#[derive(Clone, Copy, Debug)]
pub struct Front<'a> {
    /// The feed of all stories.
    pub latest: &'a Listing,
    /// The feeds of the topics, in the order of `feeds.toml`.
    pub topics: &'a [&'a Listing],
    /// The other feeds, in the order of `feeds.toml`.
    pub feeds: &'a [&'a Listing],
    /// The places that sources speak for.
    pub places: &'a [Place<'a>],
}

/// A province or city on the front page.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// Its name.
    pub name: &'a str,
    /// The feeds that are only about it; may be empty.
    pub feeds: Vec<&'a Listing>,
    /// The names of its sources.
    pub sources: Vec<&'a str>,
}

/// The front page.
pub fn front(service: &Service, front: &Front) -> Rendered {
    let title = text::title(&service.title);
    let frame = Frame {
        service,
        description: format!("{title}: tin mới nhất từ các báo và cổng thông tin, xếp theo chủ đề và địa phương."),
        title: title.clone(),
        path: "/".to_owned(),
        listing: front.latest,
    };
    frame.around(&header(service, front, &title), &main(service, front))
}

fn header(service: &Service, front: &Front, title: &str) -> Markup {
    html! {
        header.masthead {
            h1.name { (title) }
            p.dateline {
                @if let Some(updated) = front.latest.updated() {
                    span { (time::day(updated, &service.timezone)) }
                    span {
                        "Cập nhật lúc "
                        time datetime=(time::rfc3339(updated)) { (time::hour(updated, &service.timezone)) }
                    }
                }
                span.follow { "Theo dõi " (subscribe(service, front.latest)) }
            }
            nav.bar aria-label="Các bản tin" {
                ul {
                    @for listing in [&[front.latest], front.topics, front.feeds].concat() { li { (link(service, listing)) } }
                }
            }
        }
    }
}

fn main(service: &Service, front: &Front) -> Markup {
    html! {
        (latest(service, front.latest))
        @let topics: Vec<_> = front.topics.iter().filter(|topic| !topic.stories.is_empty()).collect();
        @if !topics.is_empty() {
            div.sections { @for topic in topics { (section(service, topic)) } }
        }
        div.directory {
            @if !front.places.is_empty() { (places(service, front.places)) }
            (directory(service, front))
        }
    }
}

fn latest(service: &Service, latest: &Listing) -> Markup {
    html! {
        section.latest aria-labelledby="latest" {
            h2 #latest { (link(service, latest)) }
            @if let Some((lead, mut stories)) = lead(&latest.stories) {
                div.top {
                    (story(service, lead, Size::Lead, When::Full))
                    div.headlines {
                        @for one in stories.by_ref().take(HEADLINES) { (story(service, one, Size::Headline, When::Full)) }
                    }
                }
                div.cards {
                    @for one in stories.take(CARDS) { (story(service, one, Size::Card, When::Full)) }
                }
                p.more { a href=(path(service, latest)) { "Xem " (latest.stories.len()) " tin mới nhất →" } }
            } @else {
                p.empty { "Chưa có tin nào. Tin sẽ hiện ở đây sau lần đọc nguồn đầu tiên." }
            }
        }
    }
}

/// The story that leads, and the others in their order: the newest with a picture among those that stand at the top, because a
/// large space without one looks as if something were missing.
fn lead(stories: &[Arc<Listed>]) -> Option<(&Arc<Listed>, impl Iterator<Item = &Arc<Listed>>)> {
    let pictured = stories.iter().take(HEADLINES + 1).position(|story| story.image.is_some()).unwrap_or(0);
    let lead = stories.get(pictured)?;
    Some((lead, stories.iter().enumerate().filter(move |(i, _)| *i != pictured).map(|(_, story)| story)))
}

fn section(service: &Service, topic: &Listing) -> Markup {
    let heading = format!("topic-{}", topic.id);
    html! {
        section.topic aria-labelledby=(heading) {
            h2 id=(heading) { (link(service, topic)) }
            @for (nth, one) in topic.stories.iter().take(TOPIC_STORIES).enumerate() {
                @let size = if nth == 0 { Size::Card } else { Size::Headline };
                (story(service, one, size, When::Full))
            }
        }
    }
}

fn places(service: &Service, places: &[Place]) -> Markup {
    html! {
        section.places aria-labelledby="places" {
            h2 #places { "Địa phương" }
            dl {
                @for place in places {
                    dt { (text::line(place.name)) }
                    dd {
                        @for feed in &place.feeds { span.feed { (link(service, feed)) } }
                        span.sources { (place.sources.iter().map(|name| text::title(name)).collect::<Vec<_>>().join(", ")) }
                    }
                }
            }
        }
    }
}

fn directory(service: &Service, front: &Front) -> Markup {
    html! {
        section.feeds aria-labelledby="feeds" {
            h2 #feeds { "Bản tin" }
            ul {
                @for listing in [&[front.latest], front.topics, front.feeds].concat() {
                    li {
                        (link(service, listing)) " "
                        span.count { (listing.stories.len()) " tin" } " "
                        (subscribe(service, listing))
                    }
                }
            }
        }
    }
}

fn path(service: &Service, listing: &Listing) -> String {
    address::local(service, &address::page_path(&listing.id))
}

fn link(service: &Service, listing: &Listing) -> Markup {
    html! { a href=(path(service, listing)) { (text::title(&listing.title)) } }
}
