//! Selectors for a listing page that nobody has written any for: what repeats on it, with a link and a headline each.
//!
//! A headline is a link to an article of the same site with at least four words that is not part of a menu. Around each headline grows the
//! largest block that holds no other article; blocks that look alike are a list. Every proposal is tried with the reader of listing
//! pages before it is made, so it says what it would bring.

use std::collections::{BTreeMap, HashMap, HashSet};

use scraper::{ElementRef, Html, Selector};

use crate::flow::parse::{Input, date, html, page, web_address};
use crate::model::{Document, Select};

/// Articles that make a list.
const LEAST_ARTICLES: usize = 3;
/// Words of a headline; fewer are a menu's.
const LEAST_WORDS: usize = 4;
/// Proposals that are made; a front page has many lists.
const MOST_PROPOSALS: usize = 3;
/// Headlines that are looked at.
const MOST_HEADLINES: usize = 1_000;
/// The longest text that may be a date, in characters.
const LONGEST_DATE: usize = 60;

/// Selectors, and what they bring.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// For `select` in feeds.toml.
    pub select: Select,
    /// What a page read with them holds.
    pub document: Document,
}

/// A link with a headline, and the block around it.
struct Headline<'a> {
    anchor: ElementRef<'a>,
    block: ElementRef<'a>,
    url: String,
    words: usize,
}

/// Proposes selectors for a listing page, the best first; none where no list is found. `input.select` plays no part.
pub(super) fn propose(text: &str, input: Input) -> Vec<Proposal> {
    if html::is_too_deep(text) {
        return Vec::new();
    }
    let text = &*html::harmless(html::beginning(text).into());
    let page = Html::parse_document(text);
    let mut lists: BTreeMap<String, Vec<Headline>> = BTreeMap::new();
    for headline in headlines(&page, input) {
        lists.entry(look(&headline)).or_default().push(headline);
    }
    let mut ranked: Vec<(f64, Vec<Headline>)> = lists.into_values().map(|list| (worth(&list), list)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let good = ranked.into_iter().filter(|(worth, _)| *worth > 0.0).take(2 * MOST_PROPOSALS);
    good.filter_map(|(_, list)| proposal(&page, text, &list, input)).take(MOST_PROPOSALS).collect()
}

/// The headlines of a page, each with its block.
fn headlines<'a>(page: &'a Html, input: Input) -> Vec<Headline<'a>> {
    let links = Selector::parse("a[href]").expect("a selector");
    let mut found: Vec<(ElementRef, String, usize)> = Vec::new();
    for anchor in page.select(&links) {
        let words = html::plain(&anchor.inner_html()).split_whitespace().count();
        if words < LEAST_WORDS || found.len() >= MOST_HEADLINES || is_furniture(anchor) {
            continue;
        }
        if let Some(url) =
            anchor.value().attr("href").and_then(|href| web_address(href, input.base)).filter(|url| is_article(url, input))
        {
            found.push((anchor, url, words));
        }
    }
    // Which article each element holds; `None` where it holds several.
    let mut holds = HashMap::new();
    for (anchor, url, _) in &found {
        for node in anchor.ancestors() {
            let only: &mut Option<&String> = holds.entry(node.id()).or_insert(Some(url));
            if *only != Some(url) {
                *only = None;
            }
        }
    }
    let block = |anchor: ElementRef<'a>| {
        let alone =
            anchor.ancestors().filter_map(ElementRef::wrap).take_while(|e| holds.get(&e.id()).is_some_and(Option::is_some));
        alone.filter(|e| !matches!(e.value().name(), "body" | "html" | "main")).last().unwrap_or(anchor)
    };
    found
        .iter()
        .map(|(anchor, url, words)| Headline { anchor: *anchor, block: block(*anchor), url: url.clone(), words: *words })
        .collect()
}

/// Whether a link leads to another page of the same site.
fn is_article(url: &str, input: Input) -> bool {
    let bare = |host: &str| host.trim_start_matches("www.").to_owned();
    url::Url::parse(url).is_ok_and(|url| {
        url.host_str().map(bare) == input.base.host_str().map(bare)
            && url.path().len() > 1
            && (url.path(), url.query()) != (input.base.path(), input.base.query())
    })
}

/// Whether an element is part of what stands on every page of a site.
fn is_furniture(element: ElementRef) -> bool {
    const WORDS: [&str; 12] = [
        "menu",
        "nav",
        "navbar",
        "footer",
        "breadcrumb",
        "pagination",
        "tags",
        "social",
        "banner",
        "copyright",
        "topbar",
        "comment",
    ];
    element.ancestors().filter_map(ElementRef::wrap).any(|e| {
        let named = |name: &str| name.split(['-', '_']).any(|part| WORDS.contains(&part.to_ascii_lowercase().as_str()));
        matches!(e.value().name(), "nav" | "footer") || e.value().classes().any(named) || e.value().id().is_some_and(named)
    })
}

/// What the headlines of one list have in common: how their blocks and links look.
fn look(headline: &Headline) -> String {
    let parent = headline.anchor.parent().and_then(ElementRef::wrap);
    let inner = if headline.block == headline.anchor { None } else { parent.filter(|p| *p != headline.block) };
    let around = headline.block.parent().and_then(ElementRef::wrap);
    format!(
        "{} > {} {} {}",
        around.map(name).unwrap_or_default(),
        name(headline.block),
        inner.map(name).unwrap_or_default(),
        name(headline.anchor)
    )
}

/// An element's tag and its classes that say something.
fn name(element: ElementRef) -> String {
    let mut classes: Vec<&str> = element.value().classes().filter(|class| is_telling(class)).collect();
    classes.sort_unstable();
    format!("{}.{}", element.value().name(), classes.join("."))
}

/// Whether a class may stand in a selector: it is a word, not made by a program, and not the place or state of one element.
fn is_telling(class: &str) -> bool {
    const STATES: [&str; 12] = [
        "active",
        "first",
        "last",
        "odd",
        "even",
        "hidden",
        "show",
        "clearfix",
        "swiper-slide-active",
        "current",
        "selected",
        "wow",
    ];
    const GRIDS: [&str; 14] = ["col-", "row-", "mt-", "mb-", "pt-", "pb-", "px-", "py-", "css-", "jsx-", "sc-", "d-", "w-", "h-"];
    let plain = class.starts_with(|c: char| c.is_ascii_alphabetic())
        && class.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let digits = class.chars().filter(char::is_ascii_digit).count();
    plain && class.len() <= 40 && digits <= 3 && !STATES.contains(&class) && !GRIDS.iter().any(|start| class.starts_with(start))
}

/// How much a list looks like the page's news: many articles, real headlines, with dates, summaries and pictures.
fn worth(list: &[Headline]) -> f64 {
    let articles: HashSet<&str> = list.iter().map(|h| h.url.as_str()).collect();
    if articles.len() < LEAST_ARTICLES {
        return 0.0;
    }
    let words = list.iter().map(|h| h.words.min(25)).sum::<usize>() as f64 / list.len() as f64;
    let in_heading = list.iter().filter(|h| heading(h).is_some()).count() as f64 / list.len() as f64;
    let has = |css: &str| {
        let selector = Selector::parse(css).expect("a selector");
        list.iter().filter(|h| h.block.select(&selector).next().is_some()).count() as f64 / list.len() as f64
    };
    (articles.len() as f64).min(40.0)
        * (words / 10.0).min(1.2)
        * (1.0 + 0.3 * in_heading + 0.5 * has("p") + 0.3 * has("img") + 0.4 * has("time, [class*='date'], [class*='time']"))
}

/// The heading that a headline stands in.
fn heading(headline: &Headline) -> Option<&'static str> {
    let mut around = headline.anchor.ancestors().filter_map(ElementRef::wrap).take(3);
    around.find_map(|e| ["h1", "h2", "h3", "h4", "h5"].into_iter().find(|tag| *tag == e.value().name()))
}

/// The first selectors for a list that bring it whole and little else.
fn proposal(page: &Html, text: &str, list: &[Headline], input: Input) -> Option<Proposal> {
    let wanted: HashSet<&str> = list.iter().map(|h| h.url.as_str()).collect();
    for item in items(page, list) {
        for title in titles(list) {
            let select = Select {
                item: item.clone(),
                link: title.clone(),
                title,
                date: None,
                date_format: None,
                summary: None,
                image: None,
            };
            let Ok(document) = page::read(text, &select, input) else { continue };
            let brought: HashSet<&str> = document.entries.iter().filter_map(|e| e.url.as_deref()).collect();
            let right = brought.intersection(&wanted).count();
            if right * 10 < wanted.len() * 9
                || right * 10 < brought.len() * 7
                || document.notes.len() * 2 > document.entries.len()
            {
                continue;
            }
            let select = with_parts(select, list, input);
            let document = page::read(text, &select, input).ok()?;
            return Some(Proposal { select, document });
        }
    }
    None
}

/// Selectors for the blocks of a list, the simplest first.
fn items(page: &Html, list: &[Headline]) -> Vec<String> {
    let block = list[0].block;
    let tag = block.value().name();
    let anchor = list[0].anchor;
    let mut items = Vec::new();
    if block == anchor {
        items.extend(best_classes(page, list, |h| h.anchor).into_iter().map(|class| format!("a.{class}")));
        let around = block.parent().and_then(ElementRef::wrap);
        items.extend(
            around
                .iter()
                .flat_map(|e| e.value().classes())
                .filter(|class| is_telling(class))
                .map(|class| format!(".{class} > a")),
        );
        return items;
    }
    items.extend(best_classes(page, list, |h| h.block).into_iter().map(|class| format!(".{class}")));
    if let Some(around) = block.parent().and_then(ElementRef::wrap) {
        let telling: Vec<&str> = around.value().classes().filter(|class| is_telling(class)).collect();
        items.extend(telling.iter().map(|class| format!(".{class} > {tag}")));
        items.extend(around.value().id().filter(|id| is_telling(id)).map(|id| format!("#{id} > {tag}")));
    }
    items.extend(best_classes(page, list, |h| h.anchor).into_iter().map(|class| format!("{tag}:has(a.{class})")));
    if let Some(heading) = heading(&list[0]) {
        items.push(format!("{tag}:has({heading} > a)"));
        items.push(format!("{heading}:has(> a)"));
    }
    items.push(tag.to_owned());
    items
}

/// The classes that all elements of a list have, those first that the fewest other elements of the page have.
fn best_classes<'a>(page: &Html, list: &[Headline<'a>], of: impl Fn(&Headline<'a>) -> ElementRef<'a>) -> Vec<String> {
    let mut classes: Vec<(usize, String)> = of(&list[0])
        .value()
        .classes()
        .filter(|class| is_telling(class) && list.iter().all(|h| of(h).value().classes().any(|c| c == *class)))
        .filter_map(|class| Some((page.select(&Selector::parse(&format!(".{class}")).ok()?).count(), class.to_owned())))
        .collect();
    classes.sort();
    classes.into_iter().map(|(_, class)| class).collect()
}

/// Selectors for a headline within its block.
fn titles(list: &[Headline]) -> Vec<String> {
    let anchor = list[0].anchor;
    let shared = |class: &&str| is_telling(class) && list.iter().all(|h| h.anchor.value().classes().any(|c| c == *class));
    let mut titles: Vec<String> = heading(&list[0]).map(|heading| format!("{heading} a")).into_iter().collect();
    titles.extend(anchor.value().classes().filter(shared).map(|class| format!("a.{class}")));
    if let Some(around) = anchor.parent().and_then(ElementRef::wrap) {
        titles.extend(around.value().classes().filter(|class| is_telling(class)).map(|class| format!(".{class} a")));
    }
    titles.push("a".to_owned());
    titles
}

/// Adds the date, the summary and the picture where most blocks have them.
fn with_parts(select: Select, list: &[Headline], input: Input) -> Select {
    let is_date = |e: ElementRef| {
        let text = html::plain(&e.inner_html());
        let stamp = e.value().attr("datetime").unwrap_or(&text);
        stamp.chars().count() <= LONGEST_DATE && date::read(stamp, input.timezone, input.now).is_some()
    };
    let is_summary = |e: ElementRef| {
        let links = Selector::parse("a").expect("a selector");
        let text = html::plain(&e.inner_html());
        // What holds the date is the line of numbers below a headline.
        text.split_whitespace().count() >= 2 * LEAST_WORDS
            && !e.descendent_elements().any(is_date)
            && !e.select(&links).any(|a| html::plain(&a.inner_html()).len() * 2 > text.len())
    };
    let is_image =
        |e: ElementRef| e.value().name() == "img" && (e.value().attr("data-src").is_some() || e.value().attr("src").is_some());
    Select {
        date: part(list, is_date),
        summary: part(list, is_summary),
        image: part(list, is_image).map(|_| "img".to_owned()),
        ..select
    }
}

/// A selector for a part that most blocks have: the innermost elements that fit.
fn part(list: &[Headline], fits: impl Fn(ElementRef) -> bool) -> Option<String> {
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for headline in list {
        let inner = headline
            .block
            .descendent_elements()
            .filter(|e| *e != headline.block && !headline.anchor.ancestors().any(|a| a.id() == e.id()));
        let fitting = inner.filter(|e| *e != headline.anchor && fits(*e)).last();
        if let Some(selector) = fitting.and_then(|element| selector_of(element, headline.block)) {
            *named.entry(selector).or_default() += 1;
        }
    }
    let (selector, count) = named.into_iter().max_by_key(|(_, count)| *count)?;
    (count * 2 >= list.len()).then_some(selector)
}

/// The simplest selector whose first element in a block is this one: its class; its tag, where that says something; else its place
/// among its siblings (`.meta > li:nth-child(1)`).
fn selector_of(element: ElementRef, block: ElementRef) -> Option<String> {
    let tag = element.value().name();
    let class = |e: ElementRef| e.value().classes().find(|class| is_telling(class)).map(|class| format!(".{class}"));
    let says_something = !matches!(tag, "div" | "span" | "a" | "li" | "td" | "em" | "i" | "b" | "strong" | "small");
    let place = element.prev_siblings().filter_map(ElementRef::wrap).count() + 1;
    let around = element.parent().and_then(ElementRef::wrap).filter(|around| *around != block).and_then(class);
    let by_place = match around {
        Some(around) => format!("{around} > {tag}:nth-child({place})"),
        None => format!("{tag}:nth-child({place})"),
    };
    let candidates = class(element).into_iter().chain(says_something.then(|| tag.to_owned())).chain([by_place]);
    let is_first = |css: &String| Selector::parse(css).is_ok_and(|css| block.select(&css).next() == Some(element));
    { candidates }.find(is_first)
}

#[cfg(test)]
mod tests;
