//! `/story/ID`: a story with every source that carries it, and why: what the entries have in common, and the words that give it its topics.

mod apart;

use std::ops::Range;

use maud::{Markup, PreEscaped, html};

use crate::flow::render::html::Frame;
use crate::flow::render::{Rendered, address, credit, text, time};
use crate::model::{
    Alike, Apart, Credit, Field, Joined, Listed, Listing, Member, Occurrence, Report, Service, SourceId, Story, Topic, Why,
};

/// What the page shows.
struct Sheet<'a> {
    service: &'a Service,
    topics: &'a [Topic],
    listed: &'a Listed,
    story: &'a Story,
    why: &'a Why,
}

/// The page of a story. `listed` is the story as feeds show it, `story` as it is stored.
pub fn story(service: &Service, topics: &[Topic], listed: &Listed, story: &Story, why: &Why) -> Rendered {
    let sheet = Sheet { service, topics, listed, story, why };
    let (title, site) = (text::title(&listed.title), text::title(&service.title));
    let nothing = Listing {
        id: crate::model::Slug::new(crate::model::MOI_NHAT).expect("a slug"),
        title: site.clone(),
        stories: Vec::new(),
        limit: 0,
        withdrawn: Vec::new(),
        archive: None,
    };
    let frame = Frame {
        service,
        title: format!("{title} – {site}"),
        description: text::line(&listed.summary),
        path: address::story_path(listed.id),
        listing: &nothing,
    };
    let header = html! {
        header.masthead.small { p.name { a href=(address::local(service, "/")) { (site) } } }
    };
    frame.around(&header, &sheet.main())
}

impl Sheet<'_> {
    fn main(&self) -> Markup {
        let link = self.listed.url.as_deref().and_then(address::web);
        html! {
            article.river.why {
                div.title {
                    h1 {
                        @match &link {
                            Some(url) => a href=(url) rel="noopener noreferrer" { (text::title(&self.listed.title)) },
                            None => (text::title(&self.listed.title)),
                        }
                    }
                    p.about {
                        span.source { (text::title(&self.listed.source.name)) }
                        @if let Some(place) = credit::place(&self.listed.source) { " (" (place) ")" }
                        (self.moment(" đăng lúc ", self.listed.published))
                    }
                    @if self.is_edited() { p.about { (self.moment("Sửa lúc ", self.listed.updated)) } }
                }
                @if !self.listed.summary.trim().is_empty() { p.lede { (text::line(&self.listed.summary)) } }
                section {
                    h2 { "Nguồn tin" }
                    ol.members { @for member in self.members() { (self.member(member)) } }
                }
                @if !self.listed.topics.is_empty() {
                    section {
                        h2 { "Chủ đề" }
                        dl.reasons { @for topic in self.topics { (self.topic(topic)) } }
                    }
                }
                @if !self.why.apart.is_empty() {
                    section {
                        h2 { "Tin gần giống" }
                        ol.members { @for other in &self.why.apart { (self.other(other)) } }
                    }
                }
            }
        }
    }

    fn moment(&self, label: &str, at: jiff::Timestamp) -> Markup {
        html! { (label) time datetime=(time::rfc3339(at)) { (time::full(at, &self.service.timezone)) } }
    }

    /// Whether it was edited so much later that a person sees it.
    fn is_edited(&self) -> bool {
        let shown = |at| time::full(at, &self.service.timezone);
        shown(self.listed.updated) != shown(self.listed.published)
    }

    /// The entries in the order in which they came, but first the one that the heading shows.
    fn members(&self) -> Vec<&Member> {
        let mut members: Vec<&Member> = self.why.members.iter().collect();
        members.sort_by_key(|member| member.source != self.listed.source.id);
        members
    }

    /// An entry with its own words, and why it is part of the story; nothing for a source that is not configured any more.
    fn member(&self, member: &Member) -> Markup {
        let credits = std::iter::once(&self.listed.source).chain(&self.listed.also);
        let credit = credits.into_iter().find(|credit| credit.id == member.source);
        let report = self.story.entries.iter().find(|report| report.source == member.source);
        let Some((credit, report)) = credit.zip(report) else { return Markup::default() };
        html! {
            li {
                p.words { (article(credit, report)) }
                p.byline {
                    span.source { (text::title(&credit.name)) }
                    @if let Some(place) = credit::place(credit) { " " span.place { (place) } }
                    " " time datetime=(time::rfc3339(report.published.unwrap_or(report.seen))) {
                        (time::full(report.published.unwrap_or(report.seen), &self.service.timezone))
                    }
                }
                @if let Some(because) = self.because(&member.joined) { p.because { (because) } }
            }
        }
    }

    fn because(&self, joined: &Joined) -> Option<String> {
        let name = |source| self.name(source);
        Some(match joined {
            Joined::First => return None,
            Joined::Link(source) => format!("Cùng địa chỉ với bài của {}.", name(source)),
            Joined::Copy(source, Alike::Titles) => format!("Cùng tiêu đề với bài của {}.", name(source)),
            Joined::Copy(source, Alike::TitlesAndTexts) => format!("Tiêu đề và nội dung giống bài của {}.", name(source)),
            Joined::Copy(source, Alike::Texts) => format!("Cùng nội dung với bài của {}.", name(source)),
            Joined::Copy(source, Alike::Facts) => format!("Cùng sự kiện với bài của {}.", name(source)),
            Joined::Edited => "Giống các bài khác khi được đăng; sau đó đã có bài được sửa.".to_owned(),
        })
    }

    /// What a source of this story is called.
    fn name(&self, source: &SourceId) -> String {
        let mut credits = std::iter::once(&self.listed.source).chain(&self.listed.also);
        let credit = credits.find(|credit| credit.id == *source);
        credit.map_or_else(|| "một nguồn khác".to_owned(), |credit| text::title(&credit.name))
    }

    /// A story that is like this one and another all the same, and why.
    fn other(&self, other: &Apart) -> Markup {
        html! {
            li {
                p.words { a href=(address::local(self.service, &address::story_path(other.id))) { (text::title(&other.title)) } }
                p.because { (apart::because(&other.because)) }
            }
        }
    }

    /// A topic of the story, and the words that give it.
    fn topic(&self, topic: &Topic) -> Markup {
        if !self.story.topics.contains(&topic.id) {
            return Markup::default();
        }
        let verdicts = self.members().into_iter().flat_map(|member| member.verdicts.iter().map(move |verdict| (member, verdict)));
        let holding = verdicts.filter(|(_, verdict)| verdict.topic == topic.id && verdict.holds());
        let reports = holding.filter_map(|(member, verdict)| {
            let report = self.story.entries.iter().find(|report| report.source == member.source)?;
            Some((report, joined(&verdict.matched)))
        });
        let mut lines: Vec<String> = Vec::new();
        for line in reports.flat_map(|(report, words)| words.into_iter().map(move |words| where_it_stands(report, &words))) {
            let line = line.into_string();
            // Sources that carry one text say the same.
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        html! {
            dt { a href=(address::local(self.service, &address::page_path(&topic.id))) { (text::title(&topic.title)) } }
            @for line in lines { dd { (PreEscaped(line)) } }
        }
    }
}

fn article(credit: &Credit, report: &Report) -> Markup {
    html! {
        @match credit.url.as_deref().and_then(address::web) {
            Some(url) => a href=(url) rel="noopener noreferrer" { (text::title(&report.title)) },
            None => (text::title(&report.title)),
        }
    }
}

/// Words that overlap, as one: each line shows others.
fn joined(matched: &[Occurrence]) -> Vec<Occurrence> {
    let mut lines: Vec<Occurrence> = Vec::new();
    for one in matched {
        let mut one = one.clone();
        // A category has places of its own: those of different ones say nothing of each other.
        let meets = |line: &Occurrence, one: &Occurrence| {
            let (a, b) = (&line.place, &one.place);
            line.field == one.field
                && if one.field == Field::Categories {
                    a == b && line.text == one.text
                } else {
                    a.start < b.end && b.start < a.end
                }
        };
        let first = lines.iter().position(|line| meets(line, &one)).unwrap_or(lines.len());
        // What joins two lines makes one of all three.
        while let Some(nth) = lines.iter().position(|line| meets(line, &one)) {
            one = both(&lines.remove(nth), &one);
        }
        lines.insert(first, one);
    }
    lines
}

/// Two occurrences that overlap, as one.
fn both(one: &Occurrence, other: &Occurrence) -> Occurrence {
    let (first, last) = if one.place.start <= other.place.start { (one, other) } else { (other, one) };
    let beyond = last.text.chars().skip(first.place.end - last.place.start);
    Occurrence {
        text: first.text.chars().chain(beyond).collect(),
        place: first.place.start..first.place.end.max(last.place.end),
        ..first.clone()
    }
}

/// The words of a phrase where they stand, with a few around them.
fn where_it_stands(report: &Report, occurrence: &Occurrence) -> Markup {
    /// Characters that are shown before and after.
    const AROUND: usize = 40;
    let (label, field) = match occurrence.field {
        Field::Title => ("Tiêu đề", Some(report.title.as_str())),
        Field::Summary => ("Tóm tắt", Some(report.summary.as_str())),
        Field::Content => ("Nội dung", None),
        Field::Categories => ("Chuyên mục", None),
    };
    let (before, after) = field.map_or((String::new(), String::new()), |field| around(field, &occurrence.place, AROUND));
    html! { span.field { (label) ": " } (before) mark { (text::line(&occurrence.text)) } (after) }
}

/// What stands before and after a part of a text, in characters, cut at blanks.
fn around(field: &str, place: &Range<usize>, most: usize) -> (String, String) {
    let letters: Vec<char> = field.chars().collect();
    // A text that was edited in the meantime may be shorter.
    let place = place.start.min(letters.len())..place.end.min(letters.len());
    let mut start = place.start.saturating_sub(most);
    while start > 0 && start < place.start && letters[start - 1] != ' ' {
        start += 1;
    }
    let mut end = (place.end + most).min(letters.len());
    while end < letters.len() && end > place.end && letters[end] != ' ' {
        end -= 1;
    }
    let piece = |range: Range<usize>| letters.get(range).map(|letters| letters.iter().collect::<String>()).unwrap_or_default();
    let before = format!("{}{}", if start > 0 { "… " } else { "" }, piece(start..place.start));
    let after = format!("{}{}", piece(place.end..end), if end < letters.len() { " …" } else { "" });
    (text::legal(&before).into_owned(), text::legal(&after).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_shown_among_its_neighbours() {
        let text = "một hai ba bốn năm sáu bảy";
        assert_eq!(around(text, &(8..10), 5), ("… hai ".to_owned(), " bốn …".to_owned()));
        assert_eq!(around(text, &(0..3), 99), (String::new(), " hai ba bốn năm sáu bảy".to_owned()));
        assert_eq!(around("a", &(5..9), 3), ("a".to_owned(), String::new()), "a text that is another one by now");
    }

    #[test]
    fn words_that_overlap_are_one_line() {
        let text: Vec<char> = "học tập và làm theo lời Bác dạy".chars().collect();
        let found = |field, place: Range<usize>| Occurrence {
            phrase: String::new(),
            field,
            text: text[place.clone()].iter().collect(),
            place,
        };
        let title = |place| found(Field::Title, place);
        for (matched, lines) in [
            (vec![title(11..27), title(20..31)], vec!["làm theo lời Bác dạy"]),
            (vec![title(20..31), title(11..27)], vec!["làm theo lời Bác dạy"]),
            (vec![title(11..27), title(15..19)], vec!["làm theo lời Bác"]),
            (vec![title(0..7), title(20..31), title(4..23)], vec!["học tập và làm theo lời Bác dạy"]),
            (vec![title(0..7), title(11..27)], vec!["học tập", "làm theo lời Bác"]),
            (vec![title(0..7), found(Field::Summary, 0..7)], vec!["học tập", "học tập"]),
            (vec![found(Field::Categories, 0..7), found(Field::Categories, 4..10)], vec!["học tập", "tập và"]),
        ] {
            let shown = joined(&matched);
            assert_eq!(shown.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), lines, "{matched:?}");
        }
    }
}
