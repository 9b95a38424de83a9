//! The invented newsroom: who publishes what, and when. It is a [`Site`] like ours, so that its sources answer as good sources do.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::command::demo::{paper, picture};
use crate::model::{Page, Site};

/// The stories: our own invention, see the header line for the columns. What has `+` for its age is still to come. What has `*` comes again and
/// again, from another place and with other numbers.
const STORIES: &str = include_str!("stories.tsv");
/// When all that is written is out, so many beats make one story: a visitor who comes late finds a front page that still moves, and not one
/// of repetitions alone.
const LATER_BEATS: usize = 6;
/// The places of each province, for stories that come again, by the end of its sources' names.
const PLACES: [(&str, &[&str]); 4] = [
    ("binh-thanh", &["Vàm Sậy", "Rạch Sen", "Gò Bưởi", "Mỹ Lộc Đông", "Long Vĩnh", "Thanh Tân", "Tân Hưng", "Cái Sơn"]),
    ("phu-hai", &["Cửa Sóng", "Bãi Ngang", "Vạn Lưới", "Hòn Mây", "Hải Tân", "Phú Điền", "Cát Trắng", "Vũng Nồm"]),
    ("son-giang", &["Khe Vầu", "Suối Ngàn", "Sông Mây", "Đồi Thông", "Đồng Chè", "Nậm Lanh", "Bản Hon"]),
    ("truong-lam", &["Buôn Trăng", "Ea Lang", "Hồ Sương", "Lâm Thành", "Rừng Khộp", "Tân Lâm", "Đồi Gió"]),
];

/// The origin of each source (`http://127.1.0.1:1234`).
pub(super) type Origins = BTreeMap<&'static str, String>;

/// The sources, in the order of their addresses: those that answer, and the one that fails.
pub(super) fn sources() -> impl Iterator<Item = &'static str> {
    paper::PAPERS.iter().map(|paper| paper.id).chain([paper::REFUSING])
}
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
    origins: Origins,
    out: Vec<Article>,
    reserve: std::vec::IntoIter<Article>,
    again: Vec<Line>,
    /// The beats since the last article of the reserve.
    beats: usize,
}

/// What is written of a story.
#[derive(Clone, Copy)]
struct Line {
    source: &'static str,
    title: &'static str,
    summary: &'static str,
    category: &'static str,
    also: &'static str,
}

impl Newsroom {
    /// A newsroom whose articles were published before `now`.
    pub(super) fn new(origins: Origins, now: Timestamp) -> Self {
        let (mut out, mut reserve, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for line in STORIES.lines().skip(1) {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            let (source, minutes) = (field(), field());
            let line = Line { source, title: field(), summary: field(), category: field(), also: field() };
            match minutes {
                "*" => again.push(line),
                "+" => reserve.push(article(&origins, line, now)),
                minutes => {
                    let age = SignedDuration::from_mins(minutes.parse().unwrap_or_default());
                    out.push(article(&origins, line, now.saturating_sub(age).unwrap_or(now)));
                }
            }
        }
        Self { origins, out, reserve: reserve.into_iter(), again, beats: 0 }
    }

    /// The next article comes out, where one is due with this beat.
    pub(super) fn publish_next(&mut self, now: Timestamp) {
        let next = self.reserve.next().or_else(|| {
            let nth = self.beats;
            self.beats += 1;
            nth.is_multiple_of(LATER_BEATS).then(|| article(&self.origins, later(&self.again, nth / LATER_BEATS), now))
        });
        self.out.extend(next.map(|next| Article { published: now, ..next }));
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
            put(paper.path, paper.content_type, (paper.write)(paper, &self.origins[paper.id], &articles));
        }
        put(&format!("/{}/rss/home.rss", paper::REFUSING), paper::HTML, paper::refusal());
        for article in &self.out {
            put(path(&article.link), paper::HTML, paper::article_page(article));
            if let Some(image) = &article.image {
                put(path(image), "image/svg+xml", picture::svg(xxh3_64(article.title.as_bytes())));
            }
        }
        Site { pages, ..Site::default() }
    }
}

/// The nth of the stories that come again: each time all of them, each from the next place of its province.
fn later(again: &[Line], nth: usize) -> Line {
    let (round, place) = (nth / again.len(), nth % again.len());
    let line = again[place];
    let own = PLACES.iter().find(|(province, _)| line.source.ends_with(province)).map(|(_, places)| *places);
    // Who has no province goes around in all of them.
    let places = own.unwrap_or(PLACES[(round + place) % PLACES.len()].1);
    // The sources take turns in the list: one that has its second turn in a round is elsewhere by then.
    let there = places[(round + place + place / paper::PAPERS.len()) % places.len()];
    // Other numbers each time: none comes back to a place within a day.
    let chance = (xxh3_64(line.title.as_bytes()) % 1_000) as usize;
    let (many, few) = ((20 + (chance + 11 * round) % 70).to_string(), (3 + (chance + round) % 7).to_string());
    let filled = |text: &str| -> &'static str {
        // For as long as the demo runs: some hundred bytes each half minute.
        Box::leak(text.replace("{nơi}", there).replace("{a}", &many).replace("{b}", &few).into_boxed_str())
    };
    Line { title: filled(line.title), summary: filled(line.summary), ..line }
}

fn article(origins: &Origins, line: Line, published: Timestamp) -> Article {
    let Line { source, title, summary, category, also } = line;
    let number = xxh3_64(title.as_bytes()) % 10_000_000;
    let has_picture = !number.is_multiple_of(5);
    let origin = &origins[source];
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

/// The path of an address of ours.
fn path(address: &str) -> &str {
    let host = address.find("://").map_or(0, |scheme| scheme + "://".len());
    address[host..].find('/').map_or("/", |path| &address[host + path..])
}

fn page(content_type: &'static str, body: String, modified: Timestamp) -> Page {
    let hash = format!("{:032x}", xxh3_128(body.as_bytes()));
    Page::new(content_type, Bytes::from(body), Vec::new(), hash, modified)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn newsroom() -> Newsroom {
        let origins = (1..).zip(sources()).map(|(nth, source)| (source, format!("http://127.1.0.{nth}:80"))).collect();
        Newsroom::new(origins, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn each_source_has_its_own_site() {
        let newsroom = newsroom();
        let host = |link: &str| link.split('/').nth(2).unwrap().to_owned();
        let hosts: BTreeSet<String> = newsroom.out.iter().map(|article| host(&article.link)).collect();
        assert_eq!(hosts.len(), paper::PAPERS.len());
        let site = newsroom.site(Timestamp::UNIX_EPOCH);
        assert!(newsroom.out.iter().all(|article| site.pages.contains_key(path(&article.link))));
    }

    #[test]
    fn a_visitor_of_the_third_hour_finds_news_of_all_provinces() {
        let mut newsroom = newsroom();
        (0..3 * 60 * 60 / 5).for_each(|_| newsroom.publish_next(Timestamp::UNIX_EPOCH));
        let last = &newsroom.out[newsroom.out.len() - 50..];
        let titles: BTreeSet<&str> = newsroom.out.iter().map(|article| article.title).collect();
        assert_eq!(titles.len(), newsroom.out.len(), "no title twice");
        assert!(last.iter().all(|article| !article.title.contains('{') && !article.summary.contains('{')));
        assert_eq!(last.iter().map(|article| article.source).collect::<BTreeSet<_>>().len(), paper::PAPERS.len());
    }
}
