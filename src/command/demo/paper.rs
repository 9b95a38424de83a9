//! How each invented source writes: every one in its own way, as the real ones do, mistakes included.

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use crate::command::demo::newsroom::Article;

pub(super) const HTML: &str = "text/html; charset=utf-8";
const RSS: &str = "application/rss+xml; charset=utf-8";

/// A source of the newsroom.
pub(super) struct Paper {
    pub id: &'static str,
    /// The title of its feed.
    title: &'static str,
    pub path: &'static str,
    pub content_type: &'static str,
    pub write: fn(&Paper, &str, &[&Article]) -> String,
}

/// The sources that answer; `feeds.toml` beside this file says who they are.
pub(super) const PAPERS: [Paper; 8] = [
    Paper {
        id: "bao-binh-thanh",
        title: "Báo Bình Thanh - Trang nhất",
        path: "/bao-binh-thanh/rss/trang-nhat.rss",
        content_type: RSS,
        write: rss_plain,
    },
    Paper {
        id: "bao-phu-hai",
        title: "Báo Phú Hải",
        path: "/bao-phu-hai/atom.xml",
        content_type: "application/atom+xml",
        write: atom,
    },
    Paper {
        id: "bao-son-giang",
        title: "Báo Sơn Giang",
        path: "/bao-son-giang/feed.json",
        content_type: "application/feed+json",
        write: json_feed,
    },
    Paper {
        id: "cong-binh-thanh",
        title: "Cổng thông tin Bình Thanh",
        path: "/cong-binh-thanh/tin-tuc",
        content_type: HTML,
        write: listing_page,
    },
    Paper { id: "dai-phu-hai", title: "Đài Phú Hải", path: "/dai-phu-hai/rss", content_type: "text/xml", write: rss_plain },
    Paper {
        id: "tinh-doan-truong-lam",
        title: "Tỉnh đoàn Trường Lâm",
        path: "/tinh-doan-truong-lam/rss",
        content_type: RSS,
        write: rss_half_escaped,
    },
    Paper {
        id: "so-y-te-son-giang",
        title: "Sở Y tế Sơn Giang",
        path: "/so-y-te-son-giang/Rss.aspx",
        content_type: "text/xml; charset=utf-8",
        write: rss_local_dates,
    },
    Paper { id: "tin-vung", title: "Tin Vùng", path: "/tin-vung/home.rss", content_type: RSS, write: rss_tracked },
];

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn picture(article: &Article) -> String {
    article
        .image
        .as_ref()
        .map(|image| format!("<a href=\"{}\"><img src=\"{image}\" width=\"180\" height=\"112\"></a></br>", article.link))
        .unwrap_or_default()
}

fn local(time: Timestamp, format: &str) -> String {
    TimeZone::fixed(offset(7)).to_datetime(time).strftime(format).to_string()
}

/// An RSS document whose items differ in how their parts are written.
fn rss(paper: &Paper, origin: &str, articles: &[&Article], item: impl Fn(&Article) -> String) -> String {
    let items: String = articles.iter().map(|article| item(article)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title><link>{origin}/{}/</link>\
         <description>{}</description><language>vi-vn</language>{items}</channel></rss>",
        escape(paper.title),
        paper.id,
        escape(paper.title)
    )
}

fn rss_plain(paper: &Paper, origin: &str, articles: &[&Article]) -> String {
    rss(paper, origin, articles, |a| {
        format!(
            "\n<item><title>{}</title><link>{}</link><guid isPermaLink=\"true\">{}</guid><pubDate>{}</pubDate><category>{}</category>\
             <description><![CDATA[{}{}]]></description></item>",
            escape(a.title),
            a.link,
            a.link,
            local(a.published, "%a, %d %b %Y %H:%M:%S +0700"),
            escape(a.category),
            picture(a),
            escape(a.summary)
        )
    })
}

/// Titles in CDATA and escaped all the same, guids in blanks, dates with GMT+7.
fn rss_half_escaped(paper: &Paper, origin: &str, articles: &[&Article]) -> String {
    let entities = |text: &str| escape(text).replace('à', "&agrave;").replace('ê', "&ecirc;").replace('ô', "&ocirc;");
    rss(paper, origin, articles, |a| {
        format!(
            "\n<item><title>\n<![CDATA[ {} ]]>\n</title><link>\n<![CDATA[ {} ]]>\n</link><guid isPermaLink=\"false\">\n<![CDATA[ news_{} ]]>\n</guid>\
             <pubDate><![CDATA[ {} ]]></pubDate><description><![CDATA[ {}{} ]]></description></item>",
            entities(a.title),
            a.link,
            a.link.len() + a.title.len() * 1000,
            local(a.published, "%a, %d %b %Y %H:%M:%S GMT+7"),
            picture(a),
            entities(a.summary)
        )
    })
}

/// No guid, and dates as .NET writes them in Vietnamese.
fn rss_local_dates(paper: &Paper, origin: &str, articles: &[&Article]) -> String {
    rss(paper, origin, articles, |a| {
        let half = if local(a.published, "%p") == "AM" { "SA" } else { "CH" };
        format!(
            "\n<item><title>{}</title><link>{}</link><pubDate>{} {half}</pubDate><description>{}</description></item>",
            escape(a.title),
            a.link,
            local(a.published, "%d/%m/%Y %-I:%M:%S"),
            escape(&format!("{}(SYT) - {}", picture(a), a.summary))
        )
    })
}

/// Links with tracking parameters.
fn rss_tracked(paper: &Paper, origin: &str, articles: &[&Article]) -> String {
    rss(paper, origin, articles, |a| {
        format!(
            "\n<item><title>{}</title><link>{}?utm_source=tin-vung&amp;utm_medium=rss</link><guid isPermaLink=\"false\">tv-{:x}</guid>\
             <pubDate>{}</pubDate><description><![CDATA[{}{}]]></description></item>",
            escape(a.title),
            a.link,
            xxhash_rust::xxh3::xxh3_64(a.link.as_bytes()),
            local(a.published, "%a, %d %b %y %H:%M:%S +0700"),
            picture(a),
            escape(a.summary)
        )
    })
}

fn atom(paper: &Paper, origin: &str, articles: &[&Article]) -> String {
    let date = |time| local(time, "%Y-%m-%dT%H:%M:%S+07:00");
    let entries = articles.iter().map(|a| {
        let image = a
            .image
            .as_ref()
            .map(|i| format!("<link rel=\"enclosure\" type=\"image/svg+xml\" href=\"{i}\"/>"))
            .unwrap_or_default();
        format!(
            "\n<entry><id>{}</id><title>{}</title><link href=\"{}\"/>{image}<published>{}</published><updated>{}</updated>\
             <author><name>Ban Biên tập</name></author><category term=\"{}\"/><summary>{}</summary></entry>",
            a.link,
            escape(a.title),
            a.link,
            date(a.published),
            date(a.published),
            escape(a.category),
            escape(a.summary)
        )
    });
    let entries: String = entries.collect();
    let updated = articles.first().map(|a| date(a.published)).unwrap_or_default();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>{origin}/{}/</id><title>{}</title>\
         <updated>{updated}</updated><link href=\"{origin}/{}/\"/>{entries}\n</feed>",
        paper.id,
        escape(paper.title),
        paper.id
    )
}

fn json_feed(paper: &Paper, origin: &str, articles: &[&Article]) -> String {
    let items = articles.iter().map(|a| {
        json!({
            "id": a.link,
            "url": a.link,
            "title": a.title,
            "content_html": format!("<p>{}</p>", escape(a.summary)),
            "summary": a.summary,
            "image": a.image,
            "date_published": a.published,
            "tags": [a.category],
        })
    });
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": paper.title,
        "home_page_url": format!("{origin}/{}/", paper.id),
        "items": items.collect::<Vec<_>>(),
    })
    .to_string()
}

/// A page without a feed, with relative links.
fn listing_page(paper: &Paper, origin: &str, articles: &[&Article]) -> String {
    let items = articles.iter().map(|a| {
        let path = |address: &str| address.strip_prefix(origin).unwrap_or(address).to_owned();
        let image = a.image.as_ref().map(|i| format!("<img data-src=\"{}\" alt=\"\">", path(i))).unwrap_or_default();
        format!(
            "\n<li class=\"tin\">{image}<h3><a href=\"{}\">{}</a></h3><span class=\"ngay\">{}</span><p class=\"tom-tat\">{}</p></li>",
            path(&a.link),
            escape(a.title),
            local(a.published, "%H:%M %d/%m/%Y"),
            escape(a.summary)
        )
    });
    let items: String = items.collect();
    format!(
        "<!DOCTYPE html><html lang=\"vi\"><head><meta charset=\"utf-8\"><title>{}</title></head><body><ul>{items}\n</ul></body></html>",
        escape(paper.title)
    )
}

/// The source that fails.
pub(super) const REFUSING: &str = "bao-truong-lam";

/// What stands where the failing source's feed should be.
pub(super) fn refusal() -> String {
    "<!DOCTYPE html><html lang=\"vi\"><head><title>Thông báo từ chối truy cập</title></head><body>Yêu cầu của bạn đã bị từ chối.</body></html>"
        .to_owned()
}

/// An article's own page.
pub(super) fn article_page(article: &Article) -> String {
    let image =
        article.image.as_ref().map(|i| format!("<img src=\"{i}\" alt=\"\" width=\"640\" height=\"400\">")).unwrap_or_default();
    format!(
        "<!DOCTYPE html><html lang=\"vi\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body><h1>{title}</h1>{image}<p>{}</p>\
         <p><small>{} · Tin hư cấu của bản trình diễn điểm tin.</small></p></body></html>",
        escape(article.summary),
        local(article.published, "%H:%M %d/%m/%Y"),
        title = escape(article.title)
    )
}

/// A title as a part of an address.
pub(super) fn slug(title: &str) -> String {
    let plain: String = title.to_lowercase().replace('đ', "d").nfd().filter(|c| c.is_ascii()).collect();
    let words: Vec<&str> = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).take(12).collect();
    words.join("-")
}
