//! Our server, over a site of one feed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::Context;
use arc_swap::ArcSwap;
use diemtin::edge::serve::{Answers, Server, listen};
use diemtin::flow::render::{self, Format};
use diemtin::model::{Coding, Credit, FeedId, Listed, Listing, Page, Service, Site, Slug, StoryId, TopicRef};
use jiff::{SignedDuration, Timestamp};

/// The server in a process of its own.
pub struct Ours {
    pub port: u16,
    process: Child,
}

impl Ours {
    pub fn start() -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?).arg("ours").stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
        Ok(Self { port: line.trim().parse().context("the server named no port")?, process })
    }
}

impl Ours {
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until it is killed; prints its port.
pub fn serve_ours() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = listen("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        let site = Site { pages: [("/feeds/moi-nhat.rss".to_owned(), Arc::new(page()))].into(), ..Site::default() };
        let answers = Answers {
            site: Arc::new(ArcSwap::from_pointee(site)),
            metrics: None,
            calls: None,
            admin: None,
            clock: diemtin::edge::clock::now,
        };
        let _server = Server::start(listener, answers)?;
        std::future::pending().await
    })
}

/// A feed of fifty stories.
pub fn page() -> Page {
    let config = diemtin::config::read("bench", "[source.a]\nurl = \"https://a.vn/rss\"\n", &|_| None).expect("valid").0;
    let newest: Timestamp = "2026-11-17T01:05:00Z".parse().expect("valid");
    let stories = (0..50).map(|n| Arc::new(story(n, newest - SignedDuration::from_mins(i64::from(n) * 37)))).collect();
    let listing = Listing {
        id: FeedId::new("moi-nhat").expect("valid"),
        title: "Mới nhất".into(),
        limit: 50,
        stories,
        withdrawn: Vec::new(),
        archive: None,
    };
    render::seal(render::feed(&service(&config.service), &listing, Format::Rss), newest)
}

fn service(service: &Service) -> Service {
    Service { title: "Điểm tin Bình Dương".into(), ..service.clone() }
}

fn story(n: u8, published: Timestamp) -> Listed {
    let credit = |id: &str, name: &str| Credit {
        id: Slug::new(id).expect("valid"),
        name: name.into(),
        place: Some("Bình Dương".into()),
        home: format!("https://{id}.vn/rss").parse().expect("valid"),
        is_feed: true,
        feed: None,
        url: Some(format!("https://{id}.vn/tin-tuc/{n}/le-khoi-cong-tuyen-duong.html")),
    };
    Listed {
        id: StoryId([n; 16]),
        title: format!("Khởi công tuyến đường số {n} nối khu công nghiệp với quốc lộ 13"),
        url: Some(format!("https://bao.vn/tin-tuc/{n}/le-khoi-cong-tuyen-duong.html")),
        summary: format!(
            "Sáng nay, UBND tỉnh tổ chức lễ khởi công tuyến đường số {n}, dài {n} km, tổng mức đầu tư {} tỷ đồng, dự kiến hoàn thành vào cuối năm tới; các sở, ngành cam kết bàn giao mặt bằng đúng hạn.",
            u32::from(n) * 37 + 100
        ),
        content: None,
        image: Some(format!("https://bao.vn/anh/{n}.jpg")),
        authors: Vec::new(),
        published,
        updated: published,
        topics: vec![TopicRef { id: Slug::new("kinh-te").expect("valid"), title: "Kinh tế".into() }],
        source: credit("bao", "Báo Bình Dương"),
        also: vec![credit("dai", "Đài Phát thanh – Truyền hình")],
    }
}

/// The page in gzip.
pub fn gzip(page: &Page) -> &[u8] {
    let gzip = page.encoded.iter().find(|(coding, _)| *coding == Coding::Gzip);
    gzip.map(|(_, bytes)| &bytes[..]).expect("a feed compresses well")
}
