//! The invented newsroom: who publishes what, and when. It is a [`Site`] like ours, so that its sources answer as good sources do.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::command::demo::{paper, picture};
use crate::model::{Page, Site};

/// The stories: our own invention, see the header line for the columns.
const STORIES: &str = include_str!("stories.tsv");
/// As many as real papers keep in a feed.
const FEED_STORIES: usize = 40;

/// An article of the newsroom.
#[derive(Clone, Debug)]
pub(super) struct Article {
    /// The source that wrote it.
    pub source: &'static str,
    pub title: &'static str,
    pub summary: &'static str,
    pub category: &'static str,
    /// Other sources that carry it, with the same link.
    pub also: Vec<&'static str>,
    pub published: Timestamp,
    pub link: String,
    /// Its picture; not every article has one.
    pub image: Option<String>,
}

/// All articles: those that are out, and those that are still to come.
pub(super) struct Newsroom {
    origin: String,
    out: Vec<Article>,
    reserve: std::vec::IntoIter<Article>,
    bulletins: u32,
}

impl Newsroom {
    /// A newsroom at an origin (`http://127.0.0.1:1234`), whose articles were published before `now`.
    pub(super) fn new(origin: &str, now: Timestamp) -> Self {
        let (mut out, mut reserve) = (Vec::new(), Vec::new());
        for line in STORIES.lines().skip(1) {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            let (source, minutes, title, summary, category, also) = (field(), field(), field(), field(), field(), field());
            let article = |published| article(origin, source, title, summary, category, also, published);
            match minutes.parse::<i64>() {
                Ok(minutes) => out.push(article(now.saturating_sub(SignedDuration::from_mins(minutes)).unwrap_or(now))),
                Err(_) => reserve.push(article(now)),
            }
        }
        Self { origin: origin.to_owned(), out, reserve: reserve.into_iter(), bulletins: 0 }
    }

    /// The next article comes out; when the written ones are used up, weather bulletins.
    pub(super) fn publish_next(&mut self, now: Timestamp) {
        let next = self.reserve.next().unwrap_or_else(|| {
            self.bulletins += 1;
            let title: &'static str = Box::leak(format!("Bản tin thời tiết số {} trong ngày", self.bulletins).into_boxed_str());
            let summary = "Vùng ven biển có mưa rào vài nơi, gió nhẹ; vùng núi sáng sớm có sương mù, trưa chiều hửng nắng.";
            article(&self.origin, "dai-phu-hai", title, summary, "Thời tiết", "", now)
        });
        self.out.push(Article { published: now, ..next });
    }

    /// Everything that the newsroom serves.
    pub(super) fn site(&self, now: Timestamp) -> Site {
        let mut pages = BTreeMap::new();
        let mut put = |path: &str, content_type, body: String| {
            pages.insert(path.to_owned(), Arc::new(page(content_type, body, now)));
        };
        for paper in &paper::PAPERS {
            let mut articles: Vec<&Article> =
                self.out.iter().filter(|a| a.source == paper.id || a.also.contains(&paper.id)).collect();
            articles.sort_by_key(|article| std::cmp::Reverse(article.published));
            articles.truncate(FEED_STORIES);
            put(paper.path, paper.content_type, (paper.write)(paper, &self.origin, &articles));
        }
        put("/bao-truong-lam/rss/home.rss", paper::HTML, paper::refusal());
        for article in &self.out {
            put(path(&self.origin, &article.link), paper::HTML, paper::article_page(article));
            if let Some(image) = &article.image {
                put(path(&self.origin, image), "image/svg+xml", picture::svg(xxh3_64(article.title.as_bytes())));
            }
        }
        Site { pages, ..Site::default() }
    }
}

fn article(
    origin: &str,
    source: &'static str,
    title: &'static str,
    summary: &'static str,
    category: &'static str,
    also: &'static str,
    published: Timestamp,
) -> Article {
    let number = xxh3_64(title.as_bytes()) % 10_000_000;
    let has_picture = !number.is_multiple_of(5);
    Article {
        source,
        title,
        summary,
        category,
        also: also.split(',').filter(|id| !id.is_empty()).collect(),
        published,
        link: format!("{origin}/{source}/{}-post{number}.html", paper::slug(title)),
        image: has_picture.then(|| format!("{origin}/anh/{number}.svg")),
    }
}

fn path<'a>(origin: &str, address: &'a str) -> &'a str {
    address.strip_prefix(origin).unwrap_or(address)
}

fn page(content_type: &'static str, body: String, modified: Timestamp) -> Page {
    let hash = format!("{:032x}", xxh3_128(body.as_bytes()));
    Page::new(content_type, Bytes::from(body), Vec::new(), hash, modified)
}
