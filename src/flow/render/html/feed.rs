//! `/feeds/ID`: a feed's stories for people, day by day, in pages.

use maud::{Markup, html};

use crate::flow::render::html::story::{Size, When, story};
use crate::flow::render::html::{Frame, subscribe};
use crate::flow::render::sheet::Sheet;
use crate::flow::render::{Format, address, text, time};

/// The document.
pub(in crate::flow::render) fn page(sheet: &Sheet) -> Vec<u8> {
    let site = text::title(&sheet.service.title);
    let (page, pages) = sheet.position();
    let title = if page == 1 { sheet.title() } else { format!("{} – trang {page}/{pages}", sheet.title()) };
    let frame = Frame {
        service: sheet.service,
        title: format!("{title} – {site}"),
        description: format!("{}: tin mới nhất do {site} tổng hợp.", sheet.title()),
        path: format!("{}{}", Format::Html.path(&sheet.listing.id), sheet.query(page)),
        listing: sheet.listing,
    };
    frame.around(&header(sheet, &site), &main(sheet)).body
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
                p.about {
                    (sheet.listing.stories.len()) " tin"
                    @if let Some(updated) = sheet.listing.updated() {
                        ", cập nhật lúc "
                        time datetime=(time::rfc3339(updated)) { (time::full(updated, &sheet.service.timezone)) }
                    }
                }
                p.about { "Theo dõi qua " (subscribe(sheet.service, sheet.listing)) }
            }
            @if sheet.stories.is_empty() { p.empty { "Chưa có tin nào." } }
            @for day in days(sheet) { (day) }
            (turn(sheet))
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

/// The way to the other pages.
fn turn(sheet: &Sheet) -> Markup {
    let path = address::local(sheet.service, &Format::Html.path(&sheet.listing.id));
    let (page, pages) = sheet.position();
    html! {
        @if pages > 1 {
            nav.turn aria-label="Trang" {
                @if let Some(previous) = sheet.previous() {
                    a rel="prev" href={ (path) (sheet.query(previous)) } { "← Tin mới hơn" }
                } @else { span {} }
                span { "Trang " (page) "/" (pages) }
                @if let Some(next) = sheet.next() {
                    a rel="next" href={ (path) (sheet.query(next)) } { "Tin cũ hơn →" }
                } @else { span {} }
            }
        }
    }
}
