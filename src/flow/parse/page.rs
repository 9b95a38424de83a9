//! Listing pages: articles found by the CSS selectors of `feeds.toml`.

use scraper::{ElementRef, Html, Selector};

use crate::flow::parse::{Input, NotAFeed, date, discover, html, web_address};
use crate::model::{Document, Entry, FeedInfo, Note, NoteKind, Select};
use crate::text::shown;

/// The selectors of one page, compiled.
struct Compiled {
    item: Selector,
    title: Selector,
    link: Selector,
    date: Option<Selector>,
    summary: Option<Selector>,
    image: Option<Selector>,
}

/// Reads the articles of a listing page. One without a title or a usable link is left out, with a note.
pub(super) fn read(text: &str, select: &Select, input: Input) -> Result<Document, NotAFeed> {
    let compiled = compile(select)?;
    if html::is_too_deep(text) {
        return Err(NotAFeed::Unreadable("the page is nested deeper than any page needs".to_owned()));
    }
    let mut notes = Vec::new();
    let beginning = html::beginning(text);
    if beginning.len() < text.len() {
        let message = "the page has more parts than any that people read; only its beginning was looked at".to_owned();
        notes.push(Note { kind: NoteKind::Truncated, message, entry: None });
    }
    let page = Html::parse_document(&html::harmless(beginning.into()));
    let cleaner = html::Cleaner::new(input.base);
    let mut entries = Vec::new();
    for (i, item) in page.select(&compiled.item).enumerate() {
        match entry(item, &compiled, select, &cleaner, input) {
            Ok((entry, unread)) => {
                if let Some(date) = unread {
                    let message = format!("the date “{date}” could not be read");
                    notes.push(Note { kind: NoteKind::Date, message, entry: Some(i) });
                }
                entries.push(entry);
            }
            Err(message) => notes.push(Note { kind: NoteKind::Select, message, entry: Some(i) }),
        }
    }
    if entries.is_empty() && !notes.iter().any(|note| note.kind == NoteKind::Select) {
        return Err(NotAFeed::NothingSelected { item: select.item.clone() });
    }
    let (hubs, own_url) = discover::hubs(text, input.base);
    let feed =
        FeedInfo { title: html::page_title(text), url: Some(input.base.to_string()), hubs, own_url, ..FeedInfo::default() };
    Ok(Document { feed, entries, notes })
}

fn compile(select: &Select) -> Result<Compiled, NotAFeed> {
    let one = |css: &str| Selector::parse(css).map_err(|e| NotAFeed::Unreadable(format!("the selector {css:?} is none: {e}")));
    let maybe = |css: &Option<String>| css.as_deref().map(one).transpose();
    Ok(Compiled {
        item: one(&select.item)?,
        title: one(&select.title)?,
        link: one(&select.link)?,
        date: maybe(&select.date)?,
        summary: maybe(&select.summary)?,
        image: maybe(&select.image)?,
    })
}

/// One article, and its date's text where that could not be read.
fn entry(
    item: ElementRef,
    compiled: &Compiled,
    select: &Select,
    cleaner: &html::Cleaner,
    input: Input,
) -> Result<(Entry, Option<String>), String> {
    let text = |selector: &Selector| find(item, selector).map(|e| html::plain(&e.inner_html())).filter(|t| !t.is_empty());
    let title = text(&compiled.title).ok_or_else(|| format!("{:?} finds no title", select.title))?;
    let link = find(item, &compiled.link).ok_or_else(|| format!("{:?} finds no link", select.link))?;
    let href = link.value().attr("href").unwrap_or_default();
    let url = web_address(href, input.base).ok_or_else(|| format!("the link {href:?} of “{title}” can't be used"))?;
    let written = compiled.date.as_ref().and_then(|selector| item.select(selector).next()).map(date_text);
    let published = written.as_deref().and_then(|text| match &select.date_format {
        Some(format) => date::read_by(format, text, input.timezone).or_else(|| date::read(text, input.timezone, input.now)),
        None => date::read(text, input.timezone, input.now),
    });
    let unread = written.filter(|text| published.is_none() && !text.is_empty());
    let summary = compiled.summary.as_ref().and_then(|selector| item.select(selector).next());
    let summary_html = summary.map(|e| e.inner_html()).unwrap_or_default();
    let image = compiled.image.as_ref().and_then(|selector| item.select(selector).next()).and_then(|e| {
        let source = e.value().attr("data-src").or_else(|| e.value().attr("src"))?;
        web_address(source, input.base)
    });
    let entry = Entry {
        title,
        url: Some(url),
        published,
        text: html::plain(&summary_html),
        summary: cleaner.clean(&summary_html, input.base),
        image,
        ..Entry::default()
    };
    Ok((entry, unread))
}

/// The part of an article that a selector names: the article itself, as where links alone are the list, or the first element in it.
fn find<'a>(item: ElementRef<'a>, selector: &Selector) -> Option<ElementRef<'a>> {
    if selector.matches(&item) { Some(item) } else { item.select(selector).next() }
}

/// A date's text: `<time datetime=…>` says it best.
fn date_text(element: ElementRef) -> String {
    let attribute = element.value().attr("datetime").map(str::to_owned);
    shown(&attribute.unwrap_or_else(|| element.text().collect::<Vec<_>>().join(" ")))
}
