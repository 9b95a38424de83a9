//! The pages for people: in Vietnamese, readable by any browser and by screen readers, without a script and without a
//! style attribute, so that the strictest Content-Security-Policy fits
//! (`default-src 'none'; style-src 'self'; img-src https: http: data:`).
//!
//! | file | answers |
//! | --- | --- |
//! | `front` | what a newcomer sees first |
//! | `feed` | a feed's stories, day by day |
//! | `fault` | what stands where there is no page |
//! | `story` | how a story looks, large and small |
//! | `why` | a story's own page |
//! | `admin` | the administrator's page, which is in English and has a style sheet of its own, `admin.css` |
//! | `style.css` | the looks |

pub mod admin;
mod no_page;
mod feed;
mod front;
mod story;
mod why;

use maud::{DOCTYPE, Markup, html};

use crate::flow::render::{CSS, Format, HTML, Rendered, address, text};
use crate::model::{Listing, Service};

pub use front::{Front, Place, front};
pub use no_page::no_pages;
pub use why::story;

pub(super) use feed::page;

/// The path of the style sheet.
const STYLE_PATH: &str = "/style.css";

/// A mark for the browser's tab: a page with headlines. Inside the page, because it is smaller than the request for it.
const ICON: &str = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2016%2016'%3E\
    %3Crect%20width='16'%20height='16'%20rx='3'%20fill='%23b11226'/%3E\
    %3Cpath%20d='M3%204.5h10M3%208h6M3%2011.5h6M11%208h2v3.5h-2z'%20stroke='%23fff'%20stroke-width='1.6'%20fill='none'/%3E%3C/svg%3E";

/// The style sheet of all pages, for `/style.css`.
pub fn style() -> Rendered {
    Rendered { content_type: CSS, body: include_bytes!("html/style.css").to_vec() }
}

/// What every page has around its own content.
struct Frame<'a> {
    service: &'a Service,
    /// The title of the browser's tab.
    title: String,
    /// For search engines and previews.
    description: String,
    /// The page's own path, for its canonical address.
    path: String,
    /// The feed that a reader finds behind the page.
    listing: &'a Listing,
}

impl Frame<'_> {
    /// The whole document around a header and a main part.
    fn around(&self, header: &Markup, main: &Markup) -> Rendered {
        let document = html! {
            (DOCTYPE)
            html lang=(text::line(&self.service.language)) {
                (self.head())
                body {
                    a.skip href="#main" { "Đến nội dung chính" }
                    (header)
                    main #main { (main) }
                    (self.footer())
                }
            }
        };
        Rendered { content_type: HTML, body: (document.into_string() + "\n").into_bytes() }
    }

    fn head(&self) -> Markup {
        let title = text::title(&self.listing.title);
        html! {
            head {
                meta charset="utf-8";
                title { (self.title) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="description" content=(self.description);
                meta name="color-scheme" content="light dark";
                link rel="canonical" href=(address::absolute(self.service, &self.path));
                link rel="stylesheet" href=(address::local(self.service, STYLE_PATH));
                link rel="icon" href=(ICON);
                @for (format, mime, _) in SUBSCRIPTIONS {
                    link rel="alternate" type=(mime) title=(title) href=(address::local(self.service, &format.path(&self.listing.id)));
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        html! {
            footer.foot {
                p {
                    a href=(address::local(self.service, "/")) { (text::title(&self.service.title)) }
                    " tổng hợp tin từ các báo và cổng thông tin điện tử; bản quyền bài viết thuộc về nguồn đã ghi."
                }
                p {
                    a href=(address::local(self.service, "/opml")) { "Danh sách bản tin (OPML)" }
                    @if let Some(contact) = self.service.contact.as_deref().and_then(contact) {
                        " · " a href=(contact) { "Liên hệ" }
                    }
                }
            }
        }
    }
}

/// The formats that readers subscribe to, with their media types and names.
const SUBSCRIPTIONS: [(Format, &str, &str); 3] = [
    (Format::Rss, "application/rss+xml", "RSS"),
    (Format::Atom, "application/atom+xml", "Atom"),
    (Format::Json, "application/feed+json", "JSON"),
];

/// Links to a feed in the formats for readers.
fn subscribe(service: &Service, listing: &Listing) -> Markup {
    html! {
        span.formats {
            @for (format, mime, name) in SUBSCRIPTIONS {
                a href=(address::local(service, &format.path(&listing.id))) type=(mime)
                    aria-label={ (name) ": " (text::title(&listing.title)) } { (name) }
            }
        }
    }
}

/// The address of the administrator, which is a page or a mail address.
fn contact(contact: &str) -> Option<String> {
    let mail = contact.strip_prefix("mailto:").unwrap_or(contact);
    let is_mail = mail.contains('@') && !mail.contains(['/', ':']);
    if is_mail { Some(format!("mailto:{}", text::line(mail))) } else { address::web(contact) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_a_page_or_a_mail_address() {
        for (given, link) in [
            ("https://tin.example.vn/lien-he", Some("https://tin.example.vn/lien-he")),
            ("mailto:toa-soan@example.vn", Some("mailto:toa-soan@example.vn")),
            ("toa-soan@example.vn", Some("mailto:toa-soan@example.vn")),
            ("javascript:alert('@')", None),
            ("phòng biên tập", None),
        ] {
            assert_eq!(contact(given).as_deref(), link, "{given:?}");
        }
    }
}
