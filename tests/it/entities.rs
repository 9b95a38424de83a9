//! Documents that name other documents (T10): none of those is opened or asked for. Linux tells who opens a file (inotify), so that
//! this can be seen, and that it would be seen, too.

use std::fs::{self, File};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;

use crate::app::{TestApp, eventually, home};
use crate::internal::Internal;
use crate::origin::{Answer, Origin};

/// Notices when a file is opened.
struct Watch(OwnedFd);

impl Watch {
    fn of(file: &Path) -> Self {
        let watch = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).expect("inotify");
        add_watch(&watch, file, WatchFlags::OPEN).expect("a file to watch");
        Self(watch)
    }

    /// How often it has been opened since the last look.
    fn opened(&self) -> usize {
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let mut reader = Reader::new(&self.0, &mut buffer);
        let events = std::iter::from_fn(|| match reader.next() {
            Ok(event) => Some(event.events()),
            Err(Errno::AGAIN) => None,
            Err(error) => panic!("{error}"),
        });
        events.count()
    }
}

/// T10: entities, external document types, inclusions and style sheets, of a file and of an address inside.
#[test]
fn what_a_document_names_is_neither_opened_nor_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("bi-mat.txt");
    fs::write(&secret, "mat-khau").expect("a file");
    let (internal, origin, watch) = (Internal::new("127.0.0.1"), Origin::at(3), Watch::of(&secret));
    let file = format!("file://{}", secret.display());
    let address = format!("http://127.0.0.1:{}/bi-mat", internal.port);
    let item = |title: &str| format!("<item><guid>g</guid><title>Tin {title}</title><link>https://a.vn/bai-1.html</link></item>");
    let document = |before: &str, inside: &str| {
        format!("<?xml version=\"1.0\"?>{before}<rss version=\"2.0\"><channel>{inside}</channel></rss>")
    };
    let naming = |url: &str| {
        [
            document(&format!("<!DOCTYPE rss [<!ENTITY x SYSTEM \"{url}\">]>"), &item("&x;")),
            document(&format!("<!DOCTYPE rss [<!ENTITY x PUBLIC \"-//a//b\" \"{url}\">]>"), &item("&x;")),
            document(&format!("<!DOCTYPE rss [<!ENTITY % x SYSTEM \"{url}\"> %x;]>"), &item("một")),
            document(&format!("<!DOCTYPE rss SYSTEM \"{url}\">"), &item("hai")),
            document(&format!("<?xml-stylesheet type=\"text/xsl\" href=\"{url}\"?>"), &item("ba")),
            document(
                "",
                &format!("<x:include xmlns:x=\"http://www.w3.org/2001/XInclude\" href=\"{url}\" parse=\"text\"/>{}", item("bốn")),
            ),
        ]
    };
    let documents = [naming(&file), naming(&address)].concat();
    let sources: Vec<_> = (0..documents.len()).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    documents.iter().enumerate().for_each(|(n, text)| origin.set(&format!("/{n}"), Answer::body(text.clone())));
    let app = TestApp::new(&home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>()));
    let rows = app.poll();
    for (n, text) in documents.iter().enumerate() {
        assert_eq!(rows[&format!("s{n}")]["new"], 1, "what is sound in it is taken: {text}");
        let parsed = app.run_with(&["parse", "-"], text.as_bytes()).ok();
        assert!(!parsed.contains("mat-khau"), "{parsed}");
    }
    assert!(!app.run(&["dump"]).ok().contains("mat-khau"));
    assert_eq!((watch.opened(), internal.count()), (0, 0), "opened, and asked for");
    // Both would have been noticed.
    drop((File::open(&secret).expect("a file"), TcpStream::connect(("127.0.0.1", internal.port)).expect("a listener")));
    assert_eq!(watch.opened(), 1);
    eventually("the listener counts", || (internal.count() == 1).then_some(()));
}
