//! Feeds as Vietnamese papers write them, made from a few words.

/// What the texts are made of.
const WORDS: [&str; 24] = [
    "sáng",
    "nay",
    "tại",
    "hội",
    "trường",
    "ủy",
    "ban",
    "nhân",
    "dân",
    "xã",
    "tổ",
    "chức",
    "sơ",
    "kết",
    "việc",
    "thực",
    "hiện",
    "chuyển",
    "đổi",
    "số",
    "của",
    "tỉnh",
    "năm",
    "qua",
];

/// A number that looks random and is the same every time.
fn mix(n: usize) -> usize {
    let n = (n as u64).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (n ^ n >> 29) as usize
}

fn text(seed: usize, words: usize) -> String {
    let words: Vec<&str> = (0..words).map(|i| WORDS[mix(seed * 1_000 + i) % WORDS.len()]).collect();
    words.join(" ")
}

/// A well-formed RSS feed: `summary` words in each summary, and twice `body` words in each body, where that is not 0.
pub fn feed(entries: usize, summary: usize, body: usize) -> Vec<u8> {
    let item = |n: usize| {
        let link = format!("https://bao.example.vn/tin-tuc/bai-viet-{n}.html");
        let content = format!(
            "<content:encoded><![CDATA[<p>{}</p><p>{}</p>]]></content:encoded>",
            text(n + 7_000, body),
            text(n + 8_000, body)
        );
        format!(
            "\n<item><title>{}</title><link>{link}</link><guid>{link}</guid><pubDate>Mon, 23 Nov 2026 08:{:02}:00 +0700</pubDate>\
             <dc:creator>An Bình</dc:creator><category>Thời sự</category><description><![CDATA[<a href=\"{link}\"><img \
             src=\"https://anh.example.vn/{n}.jpg\" /></a>{}]]></description>{}</item>",
            text(n, 12),
            n % 60,
            text(n + 6_000, summary),
            if body == 0 { String::new() } else { content }
        )
    };
    let items: String = (0..entries).map(item).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Báo</title><link>https://bao.example.vn/</link>\
         <description>Tin</description>{items}\n</channel></rss>"
    )
    .into_bytes()
}

/// The same feed with bare ampersands in its links, half of its titles not closed, and no end.
pub fn broken(feed: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(feed).replace(".html", ".html?a=1&b=2").replacen(
        "</title><link>https://bao.example.vn/tin",
        "<link>https://bao.example.vn/tin",
        25,
    );
    text.trim_end_matches("\n</channel></rss>").as_bytes().to_vec()
}
