//! What was found → entries: plain titles, clean bodies, absolute addresses, instants. The same for every format.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::memchr2;
use url::Url;

use crate::flow::parse::calendar::Calendar;
use crate::flow::parse::decode::undouble;
use crate::flow::parse::html::{Cleaner, escape, has_entity, plain_beginning, plain_title};
use crate::flow::parse::loose::decode;
use crate::flow::parse::raw::{Markup, RawAuthor, RawEntry, RawFeed, RawLink, When};
use crate::flow::parse::{Input, date, picture, web_address};
use crate::model::{Author, Document, Enclosure, Entry, FeedInfo, Note, NoteKind};
use crate::text::{clip, shown};

/// A description that so many entries of a document share is the site's and not theirs.
const MASTHEAD_TIMES: usize = 3;

/// The authors of a document that its entries get, in bytes of names and addresses.
const LONGEST_AUTHORS: usize = 1024;

/// The longest id of a feed that is kept, in bytes: it is stored with each of its entries. Real ones have up to 100.
const LONGEST_ID: usize = 256;

/// How much of a long text becomes the summary where the document has none, in characters.
const SUMMARY_CHARACTERS: usize = 500;

/// Cleans everything that was found.
pub(super) fn finish(mut feed: RawFeed, input: Input, calendar: Calendar) -> Document {
    let mut notes = std::mem::take(&mut feed.notes);
    notes.extend(undouble_all(&mut feed));
    notes.extend(nukeviet(feed.generator.as_deref(), &feed.entries));
    let info = FeedInfo {
        title: feed.title.as_ref().map(title).filter(|t| !t.is_empty()),
        url: feed.link.as_deref().and_then(|link| web_address(link, input.base)),
        description: feed.description.as_ref().map(words).filter(|t| !t.is_empty()),
        language: feed.language.as_deref().map(shown).filter(|l| !l.is_empty()),
        updated: feed.updated.as_ref().and_then(|when| calendar.instant(when)),
        asked: feed.pace.asked(),
        hubs: feed.hubs.iter().filter_map(|hub| web_address(hub, input.base)).collect(),
        own_url: feed.own_url.as_deref().and_then(|own| web_address(own, input.base)),
        id: feed.id.as_deref().map(shown).filter(|id| !id.is_empty() && id.len() <= LONGEST_ID),
    };
    let cleaner = Cleaner::new(input.base);
    let lent = lent(feed.authors);
    let mut entries = Vec::with_capacity(feed.entries.len());
    for raw in feed.entries {
        let place = raw.place;
        let raw = if raw.authors.is_empty() { RawEntry { authors: lent.clone(), ..raw } } else { raw };
        let entry =
            entry(raw, &cleaner, input.base, calendar, |kind, message| notes.push(Note { kind, message, entry: Some(place) }));
        entries.push(entry);
    }
    notes.extend(drop_repeated(&mut entries));
    Document { feed: info, entries, notes }
}

/// Takes the text away from entries that share it with two others: it is the site's masthead and says nothing of the article ("Báo …, Cơ
/// quan của Đảng bộ …" would give every item a topic). The summary as the site wrote it stays.
fn drop_repeated(entries: &mut [Entry]) -> Option<Note> {
    let mut sharing: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.text.is_empty()) {
        sharing.entry(&entry.text).or_default().push(at);
    }
    let repeated: Vec<usize> = sharing.into_values().filter(|places| places.len() >= MASTHEAD_TIMES).flatten().collect();
    repeated.iter().for_each(|&at| entries[at].text.clear());
    let dropped = repeated.len();
    let message = format!("{dropped} entries have a description that others have too; it is not taken for theirs");
    (dropped > 0).then_some(Note { kind: NoteKind::Repeated, message, entry: None })
}

/// Makes texts good that were encoded twice, field by field: a site may do it to its titles alone.
fn undouble_all(feed: &mut RawFeed) -> Option<Note> {
    let mut repaired = 0;
    let mut text = |text: &mut String| {
        if let Some(good) = undouble(text) {
            *text = good;
            repaired += 1;
        }
    };
    let of_feed = [&mut feed.title, &mut feed.description].into_iter().flatten();
    of_feed.for_each(|markup| text(markup.as_mut_string()));
    for entry in &mut feed.entries {
        let markups = [&mut entry.title, &mut entry.summary, &mut entry.content].into_iter().flatten();
        markups.for_each(|markup| text(markup.as_mut_string()));
        entry.categories.iter_mut().for_each(&mut text);
        entry.authors.iter_mut().filter_map(|author| author.name.as_mut()).for_each(&mut text);
    }
    let message = format!("{repaired} texts were encoded as UTF-8 twice and have been made good");
    (repaired > 0).then_some(Note { kind: NoteKind::Encoding, message, entry: None })
}

/// NukeViet up to 4.5 writes the month into the minutes: in November every item is at hh:11. The dates are as good as can be had; who
/// runs the site should know.
fn nukeviet(generator: Option<&str>, entries: &[RawEntry]) -> Option<Note> {
    generator.filter(|name| name.to_ascii_lowercase().contains("nukeviet"))?;
    let is_month = |entry: &RawEntry| match &entry.published {
        Some(When::Written(text)) => date::minute_and_month(text).is_some_and(|(minute, month)| minute == month),
        _ => false,
    };
    let message = "the minutes of the dates are the number of the month: a mistake of NukeViet up to 4.5, mended by an update";
    let note = Note { kind: NoteKind::Generator, message: message.to_owned(), entry: None };
    (!entries.is_empty() && entries.iter().all(is_month)).then_some(note)
}

fn entry(raw: RawEntry, cleaner: &Cleaner, address: &Url, calendar: Calendar, mut note: impl FnMut(NoteKind, String)) -> Entry {
    let based = |base: &Option<String>| base.as_deref().and_then(|base| address.join(base.trim()).ok()).map(Cow::Owned);
    let base = based(&raw.base).unwrap_or(Cow::Borrowed(address));
    let content_base = based(&raw.content_base).unwrap_or(Cow::Borrowed(&*base));
    let mut read = |when: &Option<When>| {
        let when = when.as_ref()?;
        let read = calendar.instant(when);
        if let (None, When::Written(text)) = (read, when) {
            note(NoteKind::Date, format!("the date “{}” could not be read", clip(&shown(text), 60)));
        }
        read
    };
    let (published, updated) = (read(&raw.published), read(&raw.updated));
    let summary = raw.summary.filter(|s| !s.is_blank()).map(escaped_once);
    let content = raw.content.filter(|c| !c.is_blank()).map(escaped_once);
    let text = match (&summary, &content) {
        (Some(summary), _) => words(summary),
        (None, Some(content)) => clip(&first_words(content), SUMMARY_CHARACTERS),
        (None, None) => String::new(),
    };
    let guid = raw.guid.as_deref().map(shown).filter(|guid| !guid.is_empty());
    let from_guid = || guid.as_deref().filter(|guid| is_address(guid, raw.guid_is_link)).and_then(|g| web_address(g, &base));
    let image = raw.images.iter().find_map(|url| web_address(url, &base));
    let image_in = |body: &Option<Markup>, base: &Url| match body {
        Some(Markup::Html(html)) => picture::first_in(html, base),
        _ => None,
    };
    let url = article_link(&raw.links, &base).or_else(from_guid);
    if let (None, Some(link)) = (&url, raw.links.iter().find(|link| link.rel.is_none() && !link.href.trim().is_empty())) {
        note(NoteKind::Link, format!("the address “{}” can't be used", clip(&shown(&link.href), 60)));
    }
    Entry {
        title: raw.title.as_ref().map(title).unwrap_or_default(),
        url,
        published: published.or(updated),
        updated,
        image: image.or_else(|| image_in(&summary, &base)).or_else(|| image_in(&content, &content_base)),
        summary: summary.as_ref().map(|markup| clean(markup, cleaner, &base)).unwrap_or_default(),
        content: content.as_ref().map(|markup| clean(markup, cleaner, &content_base)),
        text,
        authors: raw.authors.iter().filter_map(author).collect(),
        categories: categories(&raw.categories),
        enclosures: enclosures(&raw.links, &base),
        guid,
    }
}

/// Whether a guid is the article's address: a whole one, or a path that is said to be one. `isPermaLink` is true where it is not said,
/// but then too many guids are none.
fn is_address(guid: &str, is_said: Option<bool>) -> bool {
    match is_said {
        Some(false) => false,
        Some(true) if guid.contains('/') => true,
        _ => {
            ["http://", "https://"].iter().any(|scheme| guid.get(..scheme.len()).is_some_and(|g| g.eq_ignore_ascii_case(scheme)))
        }
    }
}

/// A body that was escaped once too often, decoded: nothing but escaped markup from its first tag to its last.
fn escaped_once(body: Markup) -> Markup {
    let is_markup = |html: &str| {
        let html = html.trim();
        html.starts_with("&lt;") && html.ends_with("&gt;") && html.contains("&lt;/") && !html.contains('<')
    };
    match body {
        Markup::Html(html) if is_markup(&html) => Markup::Html(decode(&html).into_owned()),
        body => body,
    }
}

/// A title as plain text, on one line.
fn title(markup: &Markup) -> String {
    match markup {
        Markup::Text(text) if !looks_like_html(text) => shown(text),
        markup => plain_title(markup.as_str()),
    }
}

/// The beginning of a body as plain text, of more than enough characters for a summary.
fn first_words(markup: &Markup) -> String {
    const ENOUGH_BYTES: usize = 16 * SUMMARY_CHARACTERS;
    match markup {
        Markup::Html(html) => plain_beginning(html, ENOUGH_BYTES),
        markup => words(markup),
    }
}

/// A body as plain text, as much of it as is compared.
fn words(markup: &Markup) -> String {
    const LONGEST_BYTES: usize = 256 * 1024;
    match markup {
        Markup::Text(text) if !looks_like_html(text) => shown(text),
        markup => plain_beginning(markup.as_str(), LONGEST_BYTES),
    }
}

/// Whether a text that is said to be plain is markup all the same: it has tags, or entities that only HTML knows.
fn looks_like_html(text: &str) -> bool {
    let has_tags = || text.contains("</") || text.contains("/>") || text.contains("<br>") || text.contains("<p>");
    memchr2(b'<', b'&', text.as_bytes()).is_some() && (has_tags() || has_entity(text))
}

fn clean(markup: &Markup, cleaner: &Cleaner, base: &Url) -> String {
    match markup {
        Markup::Text(text) if !looks_like_html(text) => escape(&shown(text)),
        markup => cleaner.clean(markup.as_str(), base),
    }
}

/// The address of the article: an `alternate` link, for choice to a page, else one without a relation.
fn article_link(links: &[RawLink], base: &Url) -> Option<String> {
    let is_page = |link: &&RawLink| link.media_type.as_deref().is_none_or(|t| t.contains("html"));
    let alternate = || links.iter().filter(|link| link.rel.as_deref() == Some("alternate"));
    let plain = links.iter().filter(|link| link.rel.as_deref().is_none_or(str::is_empty));
    let last = links.iter().filter(|link| matches!(link.rel.as_deref(), Some("original" | "content")));
    let mut by_choice = alternate().filter(is_page).chain(alternate()).chain(plain).chain(last);
    by_choice.find_map(|link| web_address(&link.href, base))
}

fn author(raw: &RawAuthor) -> Option<Author> {
    let some = |text: &str| Some(plain_title(text)).filter(|t| !t.is_empty());
    let author = Author { name: raw.name.as_deref().and_then(some), email: raw.email.as_deref().and_then(some) };
    (author.name.is_some() || author.email.is_some()).then_some(author)
}

/// The authors of a document that every entry without any gets: as many as don't make much of little.
fn lent(authors: Vec<RawAuthor>) -> Vec<RawAuthor> {
    let mut room = LONGEST_AUTHORS;
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let fits = |author: &RawAuthor| {
        let left = room.checked_sub(length(&author.name) + length(&author.email));
        room = left.unwrap_or(room);
        left.is_some()
    };
    authors.into_iter().filter(fits).collect()
}

/// The categories, each once.
fn categories(raw: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in raw.iter().map(|name| plain_title(name)) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The attached files, each once.
fn enclosures(links: &[RawLink], base: &Url) -> Vec<Enclosure> {
    let mut files: Vec<Enclosure> = Vec::new();
    for link in links.iter().filter(|link| link.rel.as_deref() == Some("enclosure")) {
        if let Some(url) = web_address(&link.href, base)
            && !files.iter().any(|known| known.url == url)
        {
            files.push(Enclosure { url, media_type: link.media_type.clone(), length: link.length });
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masthead_is_not_the_news() {
        let entry =
            |title: &str, text: &str| Entry { title: title.into(), text: text.into(), summary: text.into(), ..Entry::default() };
        let mut entries = [
            entry("1", "Báo An"),
            entry("2", "Báo An"),
            entry("3", "Tin"),
            entry("4", "Tin"),
            entry("5", ""),
            entry("6", "Báo An"),
        ];
        let note = drop_repeated(&mut entries).expect("a note");
        assert_eq!(entries.each_ref().map(|e| e.text.as_str()), ["", "", "Tin", "Tin", "", ""]);
        assert_eq!((note.kind, entries[0].summary.as_str()), (NoteKind::Repeated, "Báo An"));
        assert_eq!(drop_repeated(&mut entries), None);
    }
}
