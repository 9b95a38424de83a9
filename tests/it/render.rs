//! Whole documents of the stage `render`: as snapshots, read back by other readers, and in parts.

#[cfg(test)]
mod sample;

use diemtin::flow::render::{self, Chain, Format, Front, Place, Rendered};
use diemtin::model::{Author, Joined, Listed, Listing, Member, Origin, Part, Period, Report, Slug, Story, Why};
use proptest::prelude::*;

fn text(rendered: Rendered) -> String {
    // The title of 10 kB is there to be read back; in a snapshot it would hide the rest.
    String::from_utf8(rendered.body).expect("documents are UTF-8").replace(&sample::long_title(), "{10 kB}")
}

#[test]
fn documents() {
    let (service, listing) = (sample::service(), sample::hostile());
    for format in Format::ALL {
        insta::assert_snapshot!(format.name(), text(render::feed(&service, &listing, format)));
    }
}

#[test]
fn documents_without_stories() {
    let (service, listing) = (sample::service(), sample::listing("trong", "Trống", 50, vec![]));
    let documents: Vec<String> = Format::ALL.iter().map(|format| text(render::feed(&service, &listing, *format))).collect();
    insta::assert_snapshot!("empty", documents.join("\n==\n"));
}

#[test]
fn archives_and_what_was_taken_down() {
    let period = |day: &str| day.parse::<Period>().expect("a period");
    let mut listing = sample::listing("moi-nhat", "Mới nhất", 50, vec![sample::shared(), sample::plain(2, "Tin số 2")]);
    listing.withdrawn = vec![(sample::plain(3, "").id, "2026-11-17T02:00:00Z".parse().expect("a time"))];
    listing.archive = Some(period("2026-11-15-2"));
    let service = sample::service();
    let chain = Chain { period: period("2026-11-16"), before: Some(period("2026-11-15-2")), after: Some(period("2026-11-17")) };
    let mut documents = Vec::new();
    for format in [Format::Rss, Format::Atom, Format::Json] {
        let archive = render::archive(&service, &listing, format, &chain);
        assert_eq!(render::read_back(format, &archive, &listing), Ok(()));
        documents.push(text(archive));
        documents.push(text(render::feed(&service, &listing, format)));
        let part = text(render::part(&service, &listing, format, Part { limit: Some(1), ..Part::default() }));
        assert!(!part.contains("withdrawn") && !part.contains("deleted-entry") && !part.contains("archive"), "{part}");
    }
    insta::assert_snapshot!("archives", documents.join("\n==\n"));
}

#[test]
fn front_page() {
    let hostile = sample::hostile();
    let topic = sample::listing("lam-theo-bac", "Làm theo Bác", 50, vec![sample::shared(), sample::full()]);
    let empty = sample::listing("chuyen-doi-so", "Chuyển đổi số & <AI>", 50, vec![]);
    let places = [
        Place { name: "Bình Dương", feeds: vec![&topic], sources: vec!["Báo Bình Dương", "Cổng <Thủ Dầu Một>"] },
        Place { name: "Đồng Nai", feeds: vec![], sources: vec!["Báo Đồng Nai"] },
    ];
    let front = Front { latest: &hostile, topics: &[&topic, &empty], feeds: &[&topic], places: &places };
    insta::assert_snapshot!("front", text(render::front(&sample::service(), &front)));
}

#[test]
fn a_service_in_a_folder_links_into_its_folder() {
    let mut service = sample::service();
    service.url = "https://example.vn/tin/".parse().unwrap();
    let listing = sample::listing("moi-nhat", "Mới nhất", 50, vec![sample::shared()]);
    let page = text(render::feed(&service, &listing, Format::Html));
    assert!(page.contains("href=\"/tin/style.css\"") && page.contains("href=\"/tin/feeds/lam-theo-bac\""), "{page}");
    assert!(text(render::feed(&service, &listing, Format::Rss)).contains("https://example.vn/tin/feeds/moi-nhat.rss"));
}

#[test]
fn lists_of_feeds_and_sources() {
    let service = sample::service();
    let (one, two) = (sample::hostile(), sample::listing("lam-theo-bac", "Làm theo \"Bác\" & <b>", 50, vec![]));
    insta::assert_snapshot!("opml", text(render::opml(&service, &[&one, &two])));

    let feed = sample::source("bao-binh-duong", "Báo Bình Dương", "https://toi:bi-mat@example.vn/rss?a=1&b=2");
    let mut page = sample::source("cong-tdm", "Cổng thông tin Thủ Dầu Một", "https://example.gov.vn/tin-tuc");
    let url = page.url().clone();
    page.origin = Origin::Page { url, select: sample::select() };
    insta::assert_snapshot!("sources", text(render::sources_opml(&service, [&feed, &page])));
}

#[test]
fn every_document_reads_back() {
    let service = sample::service();
    for listing in [sample::hostile(), sample::listing("trong", "Trống", 50, vec![]), many()] {
        for format in Format::ALL {
            let rendered = render::feed(&service, &listing, format);
            assert_eq!(render::read_back(format, &rendered, &listing), Ok(()), "{format} of {}", listing.id);
            let text = text(rendered);
            assert_eq!(text, render::legal(&text), "{format} of {}", listing.id);
        }
    }
}

#[test]
fn a_document_of_other_stories_does_not_read_back() {
    let service = sample::service();
    let listing = many();
    let (mut fewer, mut other) = (listing.clone(), listing.clone());
    fewer.stories.truncate(3);
    other.stories[1] = std::sync::Arc::new(sample::plain(2, "Một tin khác"));
    for format in Format::ALL {
        let rendered = render::feed(&service, &fewer, format);
        assert!(render::read_back(format, &rendered, &listing).is_err(), "{format}");
        let broken = Rendered { body: rendered.body[..rendered.body.len() / 2].to_vec(), ..rendered };
        assert!(render::read_back(format, &broken, &fewer).is_err(), "{format}: cut");
    }
    for format in [Format::Rss, Format::Atom, Format::Json, Format::SidebarJson] {
        let rendered = render::feed(&service, &other, format);
        assert!(render::read_back(format, &rendered, &listing).is_err(), "{format}: another title");
    }
}

#[test]
fn a_poisoned_story_is_set_aside_and_breaks_no_feed() {
    fn check(format: Format, rendered: &Rendered, listing: &Listing) -> Result<(), String> {
        let poisoned = format == Format::Atom && String::from_utf8_lossy(&rendered.body).contains("Tin số 7<");
        if poisoned { Err("it was poisoned".to_owned()) } else { render::read_back(format, rendered, listing) }
    }
    let (service, listing) = (sample::service(), std::sync::Arc::new(many()));
    let proof = render::proof(&service, &listing, check);
    assert_eq!(proof.set_aside, [(listing.stories[6].id, "it was poisoned".to_owned())]);
    assert_eq!((proof.listing.stories.len(), proof.documents.len(), proof.broken.len()), (24, 7, 0));
    for (format, rendered) in &proof.documents {
        assert_eq!(*rendered, render::feed(&service, &proof.listing, *format), "{format}");
        assert!(!text(rendered.clone()).contains("Tin số 7<"), "{format}: in no format");
    }

    let broken =
        render::proof(&service, &listing, |format, _, _| if format == Format::Rss { Err("no".to_owned()) } else { Ok(()) });
    assert_eq!((broken.documents.len(), broken.broken), (6, vec![(Format::Rss, "no".to_owned())]), "the fault is no story's");
    assert!(std::sync::Arc::ptr_eq(&broken.listing, &listing) && broken.set_aside.is_empty());
    let sound = render::proof(&service, &listing, render::read_back);
    assert!(std::sync::Arc::ptr_eq(&sound.listing, &listing) && sound.set_aside.is_empty());
}

#[test]
fn a_third_reader_sees_the_same_stories() {
    let (service, listing) = (sample::service(), sample::hostile());
    let put: Vec<_> = listing.stories.iter().map(|story| render::story_tag(story.id)).collect();
    let titles = |format| {
        let rendered = render::feed(&service, &listing, format);
        let feed = feed_rs::parser::parse(&rendered.body[..]).unwrap();
        assert_eq!(feed.entries.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>(), put, "{format}");
        let stories = feed.entries.into_iter().zip(&listing.stories);
        stories
            .map(|(entry, story)| {
                assert_eq!(entry.published.unwrap().timestamp(), story.published.as_second(), "{format}");
                entry.title.unwrap().content
            })
            .collect::<Vec<_>>()
    };
    let rss = titles(Format::Rss);
    assert_eq!(rss[0], "‹script›alert('xin chào')‹/script› & ‹b›đậm‹/b›");
    assert_eq!(rss[2], "Hai lần mã hoá: ＆amp; ＆lt;b＆gt; ＆#7897;");
    assert_eq!(rss[8], sample::long_title().trim());
    assert_eq!(titles(Format::Atom), rss);
    assert_eq!(titles(Format::Json), rss);
}

#[test]
fn nothing_hostile_becomes_markup() {
    let (service, listing) = (sample::service(), sample::hostile());
    for format in [Format::Html, Format::SidebarHtml, Format::Embed] {
        let page = text(render::feed(&service, &listing, format));
        for bad in ["<script", "javascript:", "<svg", "<i>", "style=", "onload=alert(1)>"] {
            assert!(!page.contains(bad), "{format}: {bad}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any text in any field: each document reads back, holds no forbidden character, and tells a third reader the same titles.
    #[test]
    fn no_text_breaks_a_document(texts in proptest::collection::vec(any::<String>(), 9), has_content: bool) {
        let text = |n: usize| texts[n].clone();
        let also = sample::credit("b", &text(0), Some(&text(1)), Some(&format!("https://b.vn/{}", text(2))));
        let story = Listed {
            title: text(3),
            summary: text(4),
            url: Some(format!("https://a.vn/{}", text(5))),
            image: Some(text(6)),
            content: has_content.then(|| text(7)),
            authors: vec![Author { name: Some(text(8)), email: None }],
            topics: vec![sample::topic("t", &text(0))],
            also: vec![also],
            ..sample::plain(1, "")
        };
        let mut listing = sample::listing("moi-nhat", &text(1), 50, vec![story, sample::plain(2, "Tin bên cạnh")]);
        listing.title = text(2);
        let service = sample::service();
        for format in Format::ALL {
            let rendered = render::feed(&service, &listing, format);
            prop_assert_eq!(render::read_back(format, &rendered, &listing), Ok(()));
            let document = String::from_utf8(rendered.body).expect("UTF-8");
            prop_assert_eq!(&document, &render::legal(&document));
            if matches!(format, Format::Rss | Format::Atom | Format::Json) {
                let feed = feed_rs::parser::parse(document.as_bytes()).map_err(|e| TestCaseError::fail(format!("{format}: {e}")))?;
                prop_assert_eq!(feed.entries.len(), 2);
            }
        }
    }
}

/// 25 stories, 10 on a page.
fn many() -> Listing {
    let stories = (1..=25).map(|number| sample::plain(number, &format!("Tin số {number}"))).collect();
    sample::listing("nhieu-tin", "Nhiều tin", 10, stories)
}

#[test]
fn parts() {
    let (service, listing) = (sample::service(), many());
    let part = |limit, page| Part { limit, page, since: None };
    for (asked, format, first, count) in [
        (part(None, None), Format::Rss, 1, 25),
        (part(None, None), Format::Html, 1, 10),
        (part(None, None), Format::SidebarJson, 1, 10),
        (part(None, Some(1)), Format::Rss, 1, 10),
        (part(None, Some(3)), Format::Rss, 21, 5),
        (part(None, Some(4)), Format::Rss, 0, 0),
        (part(Some(3), None), Format::SidebarHtml, 1, 3),
        (part(Some(7), Some(2)), Format::Json, 8, 7),
        (part(Some(0), Some(0)), Format::Html, 1, 1),
        (part(Some(usize::MAX), None), Format::Html, 1, 25),
        (part(Some(5), Some(usize::MAX)), Format::Atom, 0, 0),
    ] {
        let page = text(render::part(&service, &listing, format, asked));
        let shown: Vec<usize> = (1..=25)
            .filter(|number| page.contains(&format!("Tin số {number}<")) || page.contains(&format!("\"Tin số {number}\"")))
            .collect();
        assert_eq!((shown.first().copied().unwrap_or(0), shown.len()), (first, count), "{asked:?} {format}");
    }
}

#[test]
fn a_part_changes_only_with_its_stories() {
    let (service, listing) = (sample::service(), many());
    let mut later = listing.clone();
    let newest = listing.stories[0].updated + jiff::SignedDuration::from_hours(1);
    later.stories[24] = std::sync::Arc::new(Listed { updated: newest, ..sample::plain(25, "Tin số 25") });
    let ten = Part { limit: Some(10), ..Part::default() };
    for format in [Format::Rss, Format::Atom, Format::Json, Format::SidebarHtml, Format::Embed] {
        let documents = [&listing, &later].map(|listing| render::part(&service, listing, format, ten));
        assert_eq!(documents[0], documents[1], "{format}");
    }
    assert_ne!(render::feed(&service, &listing, Format::Rss), render::feed(&service, &later, Format::Rss));
}

#[test]
fn parts_link_to_each_other() {
    let (service, listing) = (sample::service(), many());
    let second = Part { page: Some(2), ..Part::default() };
    let links = |format| -> Vec<String> {
        let page = text(render::part(&service, &listing, format, second));
        let lines = page.lines().flat_map(|line| line.split("><"));
        lines.filter(|line| line.contains("page=")).map(|line| line.trim().to_owned()).collect()
    };
    let all = [Format::Rss, Format::Atom, Format::Json, Format::Html].map(links).concat();
    insta::assert_snapshot!("paging", all.join("\n"));
}

/// Who began with pages gets to what is older, too.
#[test]
fn the_last_page_leads_to_the_archives() {
    let service = sample::service();
    let listing = Listing { archive: Some("2026-11-15-2".parse().expect("a period")), ..many() };
    for (limit, page, leads) in
        [(Some(10), Some(3), true), (None, Some(3), true), (Some(25), None, true), (Some(10), Some(2), false)]
    {
        for format in [Format::Rss, Format::Atom, Format::Json, Format::Html] {
            let page = text(render::part(&service, &listing, format, Part { limit, page, since: None }));
            let archive = Format::path(format, &listing.id).replace("nhieu-tin", "nhieu-tin/2026-11-15-2");
            assert_eq!(page.contains(&archive), leads, "{limit:?} {format}: {page}");
        }
    }
}

#[test]
fn a_frame_is_a_whole_page_and_a_fragment_brings_its_looks_first() {
    let service = sample::service();
    let frame = text(render::feed(&service, &many(), Format::Embed));
    assert!(frame.contains("<body><main><section") && frame.contains("<h1 class=\"diemtin-heading\">"), "{frame}");
    let fragment = text(render::feed(&service, &many(), Format::SidebarHtml));
    assert!(fragment.starts_with("<style>") && fragment.ends_with("</section>\n"), "{fragment}");
    assert!(fragment.contains("<h2 class=\"diemtin-heading\">") && !fragment.contains("<main"), "{fragment}");
}

#[test]
fn paper_is_white_and_an_icon_is_an_address() {
    let style = text(render::style());
    assert!(style.contains("@media screen and (prefers-color-scheme: dark)"));
    assert_eq!(style.matches("prefers-color-scheme").count(), 1);
    let page = text(render::feed(&sample::service(), &many(), Format::Html));
    let icon = page.split("rel=\"icon\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an icon");
    assert!(icon.starts_with("data:image/svg+xml,") && !icon.contains(' '), "{icon}");
}

#[test]
fn a_storys_page_begins_with_the_source_that_leads() {
    let slug = |id: &str| Slug::new(id).expect("a slug");
    let credit = |id, name| sample::credit(id, name, None, Some(&format!("https://{id}.example.vn/1")));
    let listed =
        Listed { source: credit("b", "Báo B"), also: vec![credit("a", "Đài A")], ..sample::plain(1, "Khánh thành cầu") };
    let report = |id: &str| Report {
        source: slug(id),
        guid: "1".to_owned(),
        url: None,
        title: format!("Khánh thành cầu ({id})"),
        summary: String::new(),
        content: None,
        image: None,
        authors: vec![],
        categories: vec![],
        published: Some(listed.published),
        seen: listed.published,
        gone: None,
        feed: None,
    };
    let (published, arrived, updated) = (listed.published, listed.published, listed.updated);
    let entries = vec![report("a"), report("b")];
    let story = Story { id: listed.id, seq: 1, published, arrived, updated, topics: vec![], entries };
    let member = |id: &str, joined| Member { source: slug(id), joined, leads: id == "b", verdicts: vec![] };
    let members = vec![member("a", Joined::First), member("b", Joined::Link(slug("a")))];
    let page = text(render::story(&sample::service(), &[], &listed, &story, &Why { members, apart: vec![] }));
    assert!(page.contains("<p class=\"about\"><span class=\"source\">Báo B</span> đăng lúc <time"), "{page}");
    let place = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}: {page}"));
    assert!(place("Khánh thành cầu (b)") < place("Khánh thành cầu (a)"));
}

#[test]
fn equal_listings_give_equal_bytes_wherever_the_zone_is() {
    let (service, listing) = (sample::service(), sample::hostile());
    let elsewhere = diemtin::model::Service { timezone: jiff::tz::TimeZone::UTC, ..service.clone() };
    for format in Format::ALL {
        assert_eq!(render::feed(&service, &listing, format), render::feed(&service, &listing.clone(), format));
    }
    for format in [Format::Rss, Format::Atom, Format::Json, Format::SidebarJson] {
        assert_eq!(render::feed(&service, &listing, format), render::feed(&elsewhere, &listing, format), "{format}");
    }
}

#[test]
fn formats_have_names_and_paths() {
    let id = sample::hostile().id;
    let paths: Vec<String> = Format::ALL.iter().map(|format| format.path(&id)).collect();
    assert_eq!(
        paths,
        ["/feeds/moi-nhat.rss", "/feeds/moi-nhat.atom", "/feeds/moi-nhat.json", "/feeds/moi-nhat"]
            .into_iter()
            .chain(["/sidebar/moi-nhat.json", "/sidebar/moi-nhat.html", "/embed/moi-nhat"])
            .collect::<Vec<_>>()
    );
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    assert!("pdf".parse::<Format>().unwrap_err().to_string().contains("rss, atom, json, html"));
}

#[test]
fn an_administrators_page_escapes_what_others_say() {
    use diemtin::flow::render::admin::{self, Choice, Poll, Row, Standing, Status, StoreStands};
    let evil = "<script>alert(1)</script>\"'&\u{202e}\u{0}";
    let (mut service, home) = (sample::service(), "https://a.vn/?x=\"><b>".parse().expect("an address"));
    service.title = evil.into();
    let standing = Standing { label: "failing", words: "failing", is_trouble: true };
    let now = "2026-11-17T02:00:00Z".parse().expect("a time");
    let row = Row {
        id: "a",
        name: evil,
        home: &home,
        standing,
        polled: Some(now),
        succeeded: None,
        failed: Some(evil.into()),
        next: evil.into(),
        moved: Some(evil.into()),
        hub: Some(evil.into()),
        poll: Poll::Again(now),
    };
    let status = |untaken: String| Status {
        service: &service,
        now,
        since: now,
        counts: [1, 2, 3],
        untaken: Some((now, untaken)),
        store: StoreStands::Unreadable(evil.into()),
        polls: true,
        standings: vec![(standing, 1)],
        choice: Choice::Page { standing: Some("failing"), page: 2, pages: 3 },
        rows: Vec::new(),
    };
    let page = admin::page(&Status { rows: vec![row], ..status(evil.into()) });
    assert_eq!(page.matches("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;").count(), 6, "{page}");
    assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains(['\u{202e}', '\u{0}']), "{page}");
    assert!(page.contains("href=\"/admin?state=failing&amp;page=1\"") && page.contains("page 2 of 3"), "{page}");
    let long = admin::page(&status("ơ".repeat(1_000_000)));
    assert!(long.len() < 80 * 1024 && long.contains("ơ\n…</pre>"), "a file of one long line");
}
