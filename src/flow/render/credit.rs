//! How the sources of a story are named, so that a reader of any format sees whose news it is.
//!
//! Every format has its own field for the source, but few feed readers show it. What they do show is the author and the
//! text. So the source stands as the author where no author is named; otherwise, and wherever several sources carry the
//! story, a line at the end of the text names and links them.

use maud::{Markup, html};

use crate::flow::render::{address, text};
use crate::model::{Credit, Listed};

/// Who is named as author: the people who wrote it, else the source. Never empty. Mail addresses stay at home: a merged
/// feed would hand them to every collector of addresses.
pub(super) fn authors(story: &Listed) -> Vec<String> {
    let people = people(story);
    if people.is_empty() { vec![text::title(&story.source.name)] } else { people }
}

/// The articles of the other sources, with their names, where they have an address.
pub(super) fn related(story: &Listed) -> Vec<(String, String)> {
    let article = |credit: &Credit| Some((text::title(&credit.name), credit.url.as_deref().and_then(address::web)?));
    story.also.iter().filter_map(article).collect()
}

/// The places that the story's sources speak for, each once.
pub(super) fn places(story: &Listed) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for credit in std::iter::once(&story.source).chain(&story.also) {
        let place = credit.place.as_deref().map(text::words).unwrap_or_default();
        if !place.is_empty() && !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// The people who are named.
fn people(story: &Listed) -> Vec<String> {
    story.authors.iter().filter_map(|author| author.name.as_deref()).map(text::words).filter(|name| !name.is_empty()).collect()
}

/// The summary as HTML with the line of credit. Empty where there is neither.
pub(super) fn summary_html(story: &Listed) -> String {
    let summary = text::escape(story.summary.trim());
    match (needs_line(story), summary.is_empty()) {
        (false, _) => summary,
        (true, true) => line(story).into_string(),
        (true, false) => format!("<p>{summary}</p>{}", line(story).into_string()),
    }
}

/// The full text with the line of credit, else [`summary_html`], else the line alone. Never empty.
pub(super) fn body_html(story: &Listed) -> String {
    match &story.content {
        Some(content) if needs_line(story) => format!("{}{}", text::legal(content), line(story).into_string()),
        Some(content) => text::legal(content).into_owned(),
        None => match summary_html(story) {
            empty if empty.is_empty() => line(story).into_string(),
            summary => summary,
        },
    }
}

/// Whether the text needs a line of credit: where the author's name hides the source, or others carry the story too.
pub(super) fn needs_line(story: &Listed) -> bool {
    !story.also.is_empty() || !people(story).is_empty()
}

/// `Nguồn: A. Cùng đưa tin: B, C.`, with links.
fn line(story: &Listed) -> Markup {
    html! {
        p {
            "Nguồn: " (name(&story.source)) "."
            @if !story.also.is_empty() { " " (also(&story.also)) "." }
        }
    }
}

/// `Cùng đưa tin: B, C`, with links.
pub(super) fn also(credits: &[Credit]) -> Markup {
    html! {
        "Cùng đưa tin: "
        @for (nth, credit) in credits.iter().enumerate() {
            @if nth > 0 { ", " }
            (name(credit))
        }
    }
}

/// A source's name, linked to its article where that has an address, and its place.
fn name(credit: &Credit) -> Markup {
    let name = text::title(&credit.name);
    html! {
        @match credit.url.as_deref().and_then(address::web) {
            Some(url) => a href=(url) rel="noopener noreferrer" { (name) },
            None => (name),
        }
        @if let Some(place) = place(credit) { " (" (place) ")" }
    }
}

/// The place to be named beside a source's name: none where the name says it ("Báo Bình Dương").
pub(super) fn place(credit: &Credit) -> Option<String> {
    let place = credit.place.as_deref().map(text::line)?;
    (!place.is_empty() && !text::line(&credit.name).contains(&place)).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    #[test]
    fn a_place_is_named_once() {
        for (name, given, shown) in [
            ("Báo Bình Dương", Some("Bình Dương"), None),
            ("Cổng thông tin Thủ Dầu Một", Some("Bình Dương"), Some("Bình Dương")),
            ("Tuổi Trẻ", None, None),
            ("Tuổi Trẻ", Some(" "), None),
        ] {
            let credit = Credit {
                id: SourceId::new("x").unwrap(),
                name: name.into(),
                place: given.map(str::to_owned),
                home: "https://example.vn/".parse().unwrap(),
                is_feed: true,
                feed: None,
                url: None,
            };
            assert_eq!(place(&credit).as_deref(), shown, "{name}, {given:?}");
        }
    }
}
