//! What people see where there is no page: why, and the way home. Programs get a line of plain text instead, which the server has.

use std::collections::BTreeMap;

use bytes::Bytes;
use maud::{DOCTYPE, Markup, html};

use crate::flow::render::html::{ICON, STYLE_PATH};
use crate::flow::render::{EMBED_STYLE, address, text};
use crate::model::{NoPage, Service};

/// The page for each reason.
pub fn no_pages(service: &Service) -> BTreeMap<NoPage, Bytes> {
    let pages = [
        (NoPage::Missing, "Không có trang này", "Địa chỉ có thể đã bị gõ nhầm, hoặc đã cũ."),
        (NoPage::FeedGone, "Bản tin này đã được gỡ bỏ", "Các bản tin khác ở trang nhất."),
        (NoPage::StoryGone, "Tin này không còn ở đây", "Nguồn tin đã gỡ bài, hoặc tin đã được rút lại."),
        (NoPage::Unreadable, "Không đọc được địa chỉ này", "Sau “limit=” và “page=” phải là một số nguyên, từ 1 trở lên."),
    ];
    let pages = pages.map(|(reason, title, why)| (reason, page(service, title, why)));
    let pages = pages.into_iter().chain([(NoPage::Framed, framed(service))]);
    pages.map(|(reason, page)| (reason, Bytes::from(page.into_string() + "\n"))).collect()
}

fn page(service: &Service, title: &str, why: &str) -> Markup {
    let site = text::title(&service.title);
    let home = address::local(service, "/");
    html! {
        (DOCTYPE)
        html lang=(text::line(&service.language)) {
            (head(&format!("{title} – {site}"), &address::local(service, STYLE_PATH), &html! { link rel="icon" href=(ICON); }))
            body {
                header.masthead.small { p.name { a href=(home) { (site) } } }
                main.river {
                    div.title {
                        h1 { (title) }
                        p.about { (why) }
                        p.more { a href=(home) { "Về trang nhất" } }
                    }
                }
            }
        }
    }
}

/// Where the list of a feed should stand in a portal's page: a line, whose link leads out of the frame.
fn framed(service: &Service) -> Markup {
    let site = text::title(&service.title);
    html! {
        (DOCTYPE)
        html lang=(text::line(&service.language)) {
            (head(&site, &address::local(service, EMBED_STYLE), &html! { base target="_blank"; }))
            body {
                main {
                    p { "Bản tin này không có ở đây. " a href=(address::absolute(service, "/")) rel="noopener noreferrer" { (site) } }
                }
            }
        }
    }
}

fn head(title: &str, style: &str, more: &Markup) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            title { (title) }
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="robots" content="noindex";
            link rel="stylesheet" href=(style);
            (more)
        }
    }
}
