//! `/feeds/ID`: a feed's stories for people, day by day, in pages; and `/feeds/ID/2026-11-17`, an archive of them.

use maud::{Markup, html};

use crate::flow::render::html::story::{Size, When, story};
use crate::flow::render::html::{Frame, subscribe};
use crate::flow::render::sheet::Sheet;
use crate::flow::render::{Format, address, text, time};
use crate::model::Period;

/// The document.
pub(in crate::flow::render) fn page(sheet: &Sheet) -> Vec<u8> {
    let site = text::title(&sheet.service.title);
    let (page, pages) = sheet.position();
    let title = match sheet.chain() {
        Some(chain) => format!("{} – {}", sheet.title(), named(chain.period)),
        None if page == 1 => sheet.title(),
        None => format!("{} – trang {page}/{pages}", sheet.title()),
    };
    let path = match sheet.chain() {
        Some(chain) => sheet.archive_path(chain.period),
        None => format!("{}{}", Format::Html.path(&sheet.listing.id), sheet.query(page)),
    };
    let frame = Frame {
        service: sheet.service,
        title: format!("{title} – {site}"),
        description: format!("{}: tin mới nhất do {site} tổng hợp.", sheet.title()),
        path,
        listing: sheet.listing,
    };
    frame.around(&header(sheet, &site), &main(sheet)).body
}

/// What people call the period of an archive.
fn named(period: Period) -> String {
    let day = period.day.strftime("%d/%m/%Y");
    match period.part {
        1 => format!("ngày {day}"),
        part => format!("ngày {day}, phần {part}"),
    }
}

fn header(sheet: &Sheet, site: &str) -> Markup {
    html! {
        header.masthead.small {
            p.name { a href=(address::local(sheet.service, "/")) { (site) } }
        }
    }
}

fn main(sheet: &Sheet) -> Markup {
    html! {
        div.river {
            div.title {
                h1 { (sheet.title()) }
                p.about { (about(sheet)) }
                p.about.follow { "Theo dõi qua " (subscribe(sheet.service, sheet.listing)) }
            }
            @if sheet.stories.is_empty() { p.empty { "Chưa có tin nào." } }
            @for day in days(sheet) { (day) }
            (turn(sheet))
        }
    }
}

/// How many stories there are to be read here, and of when they are.
fn about(sheet: &Sheet) -> Markup {
    let count = sheet.listing.stories.len();
    if let Some(chain) = sheet.chain() {
        return html! { (count) " tin nhận được " (named(chain.period)) " (giờ quốc tế)" };
    }
    html! {
        (count) " tin mới nhất"
        @if let Some(updated) = sheet.listing.updated() {
            ", cập nhật lúc "
            time datetime=(time::rfc3339(updated)) { (time::full(updated, &sheet.service.timezone)) }
        }
    }
}

/// The stories below the day on which they were published.
fn days(sheet: &Sheet) -> Vec<Markup> {
    let day = |story: &crate::model::Listed| time::day(story.published, &sheet.service.timezone);
    let days = sheet.stories.chunk_by(|one, next| day(one) == day(next));
    days.map(|stories| {
        html! {
            section.day {
                h2 { (day(&stories[0])) }
                @for one in stories { (story(sheet.service, one, Size::Card, When::Hour)) }
            }
        }
    })
    .collect()
}

/// The way to the other pages, and from the last one to the archives.
fn turn(sheet: &Sheet) -> Markup {
    let path = address::local(sheet.service, &Format::Html.path(&sheet.listing.id));
    let (page, pages) = sheet.position();
    let archive = |period: Option<Period>| period.map(|period| address::local(sheet.service, &sheet.archive_path(period)));
    let to = |page: Option<usize>| page.map(|page| format!("{path}{}", sheet.query(page)));
    let (newer, older) = match sheet.chain() {
        Some(chain) => (Some(archive(chain.after).unwrap_or_else(|| path.clone())), archive(chain.before)),
        None => (to(sheet.previous()), to(sheet.next()).or_else(|| archive(sheet.listing.archive))),
    };
    html! {
        @if newer.is_some() || older.is_some() {
            nav.turn aria-label="Trang" {
                @if let Some(newer) = newer { a rel="prev" href=(newer) { "← Tin mới hơn" } } @else { span {} }
                @if pages > 1 { span { "Trang " (page) "/" (pages) } }
                @if let Some(older) = older { a rel="next" href=(older) { "Tin cũ hơn →" } } @else { span {} }
            }
        }
    }
}
