//! The generated newsroom: sources, their feeds and the `feeds.toml` that names them. The same in every run and on every
//! machine; form and length are those of real provincial feeds (titles and guids in CDATA, a linked picture before the lead,
//! dates with GMT+7).

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::sync::OnceLock;

use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};
use unicode_normalization::UnicodeNormalization;

use crate::typical;

/// How many sources there are, unless `--sources` says otherwise.
const SOURCES: usize = 500;
static CHOSEN: OnceLock<usize> = OnceLock::new();
static TYPICAL: OnceLock<()> = OnceLock::new();
/// How many entries each has.
pub const ENTRIES: usize = 30;
/// How many topics the shipped configuration has; a benchmark with fewer would flatter us.
pub const TOPICS: usize = 14;
/// How many of a source's entries are the national agency's stories, with the agency's link: a tenth.
const SHARED: usize = 3;

/// How many sources there are.
pub fn sources() -> usize {
    *CHOSEN.get_or_init(|| SOURCES)
}

/// Chooses how many sources there are, before anybody has asked.
pub fn choose(sources: usize) {
    // Chosen once, at the beginning.
    let _ = CHOSEN.set(sources);
}

/// Chooses news that differ, see `typical`, before anybody has asked.
pub fn choose_typical() {
    // Chosen once, likewise.
    let _ = TYPICAL.set(());
}

/// Whether the news are those of a typical day.
pub fn is_typical() -> bool {
    TYPICAL.get().is_some()
}

/// How many stories the agency has, so that five sources share each.
fn agency_stories() -> usize {
    (sources() * SHARED / 5).max(1)
}

/// Titles and leads; `{}` is a place. The first eight meet topics of the shipped configuration, the last two only look so.
pub const NEWS: [(&str, &str); 20] = [
    (
        "{}: Sơ kết thực hiện Chỉ thị 05-CT/TW về học tập và làm theo Bác",
        "Sáng nay, Ban Thường vụ Đảng ủy xã {} tổ chức hội nghị sơ kết việc đẩy mạnh học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh.",
    ),
    (
        "Xã {} đạt chuẩn nông thôn mới nâng cao",
        "Sau ba năm, bộ mặt nông thôn mới của {} khởi sắc, thu nhập bình quân đạt 62 triệu đồng mỗi người, đường làng được bê tông hóa.",
    ),
    (
        "{} đẩy mạnh chuyển đổi số trong giải quyết thủ tục hành chính",
        "Người dân {} nộp hồ sơ trên Cổng dịch vụ công trực tuyến, nhận kết quả tại bộ phận một cửa mà không phải chờ đợi như trước.",
    ),
    (
        "Cảnh sát giao thông {} xử lý 214 trường hợp vi phạm nồng độ cồn",
        "Trong đợt cao điểm bảo đảm trật tự, an toàn giao thông dịp cuối năm, lực lượng chức năng {} đã lập biên bản, tạm giữ 180 phương tiện.",
    ),
    (
        "Trung tâm y tế {} triển khai tiêm chủng bổ sung vắc xin sởi cho trẻ em",
        "Ngành y tế {} bố trí 24 điểm tiêm tại các trạm, vận động phụ huynh đưa con đến đúng lịch và khai báo tiền sử bệnh đầy đủ.",
    ),
    (
        "{} khởi công xóa nhà tạm, nhà dột nát cho hộ nghèo",
        "Từ nguồn Quỹ “Vì người nghèo”, mỗi gia đình ở {} được hỗ trợ 60 triệu đồng; bà con trong thôn góp thêm hàng trăm ngày công.",
    ),
    (
        "Thu hút đầu tư vào khu công nghiệp ở {} vượt kế hoạch năm",
        "Đến hết quý, {} có 37 dự án mới với tổng vốn đăng ký hơn 420 triệu USD, chủ yếu trong lĩnh vực điện tử và chế biến.",
    ),
    (
        "Học sinh {} trả lại của rơi, được biểu dương gương người tốt, việc tốt",
        "Trên đường đi học về, hai em ở {} nhặt được chiếc ví có hơn 12 triệu đồng cùng giấy tờ và đã mang đến công an xã.",
    ),
    (
        "Mưa lớn gây ngập cục bộ nhiều tuyến đường ở {}",
        "Theo đài khí tượng thủy văn, lượng mưa đo được tại {} phổ biến 80-120 mm, có nơi trên 150 mm; một số khu dân cư bị chia cắt.",
    ),
    (
        "Giá lúa đông xuân ở {} tăng nhẹ đầu vụ",
        "Thương lái đến tận ruộng ở {} đặt cọc giống lúa thơm với giá 6.800-7.200 đồng/kg, cao hơn cùng kỳ khoảng 300 đồng.",
    ),
    (
        "{} thông xe cầu mới bắc qua sông sau 18 tháng thi công",
        "Cây cầu dài 412 m, rộng 12 m rút ngắn gần nửa giờ đi lại giữa hai bờ của {}, thay cho bến phà hoạt động hơn bốn mươi năm.",
    ),
    (
        "Ngư dân {} trúng đậm cá cơm ngay chuyến biển đầu năm",
        "Mỗi tàu cập cảng {} mang về từ 3 đến 5 tấn cá, trừ chi phí còn lãi hàng chục triệu đồng, thuyền viên ai cũng phấn khởi.",
    ),
    (
        "Chợ phiên vùng cao {} nhộn nhịp những ngày giáp Tết",
        "Từ tờ mờ sáng, người dân các bản quanh {} đã gùi lá dong, gà đồi, mật ong xuống chợ; du khách tìm đến chụp ảnh, mua quà.",
    ),
    (
        "Khởi tố nhóm đối tượng trộm cắp xe máy liên huyện tại {}",
        "Cơ quan Cảnh sát điều tra xác định từ tháng 9 đến nay, nhóm này đã gây ra 14 vụ trên địa bàn {}, thu giữ 9 xe tang vật.",
    ),
    (
        "Đội bóng {} giành vé vào vòng chung kết giải trẻ toàn quốc",
        "Bàn thắng ở phút 88 giúp các cầu thủ {} vượt qua đối thủ mạnh nhất bảng với tỷ số 2-1 trước gần năm nghìn khán giả.",
    ),
    (
        "Cháy lớn tại kho hàng ở {}, không có thiệt hại về người",
        "Khoảng 2 giờ sáng, người dân {} phát hiện khói bốc lên từ dãy nhà xưởng; bảy xe chữa cháy được điều động đến hiện trường.",
    ),
    (
        "{} công bố lịch cấp điện, ngừng giảm điện trong tuần",
        "Công ty điện lực cho biết một số khu vực của {} tạm ngừng cấp điện từ 6 giờ đến 17 giờ để sửa chữa, nâng cấp lưới trung áp.",
    ),
    (
        "Vườn quýt hồng ở {} chín rộ, nhà vườn chờ khách",
        "Với hơn 200 gốc, gia đình ông Ba ở {} dự kiến thu 9 tấn quả; thương lái trả 38.000 đồng/kg nhưng ông còn chờ giá cao hơn.",
    ),
    (
        "Bác sĩ {} khuyên người dân không tự ý dùng thuốc kháng sinh",
        "Nhiều người ở {} làm theo bác sĩ trên mạng rồi nhập viện muộn; chuyên gia nhắc phải khám trước khi mua bất cứ loại thuốc nào.",
    ),
    (
        "Cửa hàng tiện lợi mọc lên dày đặc ở {}",
        "Chỉ một cửa hàng ở {} mỗi ngày đón gần nghìn lượt khách, trong khi tiểu thương các chợ truyền thống than ế ẩm kéo dài.",
    ),
];

pub const PLACES: [&str; 12] = [
    "An Giang",
    "Cà Mau",
    "Đắk Lắk",
    "Đồng Tháp",
    "Lâm Đồng",
    "Nghệ An",
    "Ninh Bình",
    "Phú Thọ",
    "Quảng Ngãi",
    "Quảng Trị",
    "Tuyên Quang",
    "Vĩnh Long",
];

/// A source's host; Linux answers on all of 127.0.0.0/8.
pub fn host(number: usize) -> Ipv4Addr {
    let part = |n: usize| u8::try_from(n).expect("there are at most 60,000 sources");
    Ipv4Addr::new(127, 0, part(1 + number / 250), part(1 + number % 250))
}

/// Where a source's feed is.
pub fn url(number: usize, port: &str) -> String {
    format!("http://{}:{port}/rss/trang-nhat.rss", host(number))
}

/// A `feeds.toml` with all sources, and with the shipped topics.
pub fn config(port: &str) -> String {
    let shipped = include_str!("../../feeds.toml");
    let start = shipped.find("[topic.lam-theo-bac]").expect("the shipped topics begin with this one");
    let end = shipped.find("# ── Feeds").expect("the shipped feeds stand behind the topics");
    let mut text = format!("[fetch]\nprivate_networks = [\"127.0.0.0/8\"]\n\n{}", &shipped[start..end]);
    for number in 0..sources() {
        let (url, place, rank) = (url(number, port), PLACES[number % PLACES.len()], number % 2 * 10);
        writeln!(
            text,
            "[source.bao-{number}]\nurl = \"{url}\"\nname = \"Báo {place} {number}\"\nplace = \"{place}\"\ntags = [\"báo\"]\nrank = {rank}\n"
        )
        .expect("text can be written to memory");
    }
    text
}

/// A source's feed.
pub fn feed(number: usize) -> String {
    let items: String = (0..ENTRIES).map(|place| item(number, place)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel><title>Báo {} - Trang nhất</title>\
         <link>https://bao{number}.example.vn/</link><description>Tin tức mới nhất trong ngày</description>\
         <language>vi-vn</language>\n{items}</channel></rss>\n",
        PLACES[number % PLACES.len()]
    )
}

fn item(source: usize, place: usize) -> String {
    let is_shared = place % (ENTRIES / SHARED) == 4;
    // A story's number decides all that it says; the agency's are the last ones.
    let (site, story) = if is_shared {
        let nth = source * SHARED + place / (ENTRIES / SHARED);
        ("thongtan".to_owned(), sources() * ENTRIES + nth % agency_stories())
    } else {
        (format!("bao{source}"), source * ENTRIES + place)
    };
    let chance = mixed(story as u64);
    let (title, lead) = if is_typical() && !is_shared {
        let (teller, of) = typical::told(source, place, sources());
        typical::texts((teller * ENTRIES + of) as u64, source as u64, teller == source)
    } else {
        let (title, lead) = NEWS[(chance % 20) as usize];
        let where_ = format!("{} {}", PLACES[(chance >> 8) as usize % PLACES.len()], chance >> 16 & 0xFF);
        (title.replace("{}", &where_), lead.replace("{}", &where_))
    };
    let link = format!("https://{site}.example.vn/tin-tuc/{}-{story}.html", slug(&title));
    format!(
        "<item><title><![CDATA[ {title} ]]></title><link>{link}</link><guid isPermaLink=\"false\"><![CDATA[news_{story}]]></guid>\
         <pubDate>{}</pubDate><description><![CDATA[<a href=\"{link}\"><img src=\"https://cdn.example.vn/{site}/2026/01/15/{chance:016x}_180x108.jpg\" \
         width=\"180\" height=\"108\"></a></br>{lead}]]></description></item>\n",
        date(chance)
    )
}

/// A time of the day that ended on 15 January 2026 at 8:00 in Vietnam, as CMSes there write it.
fn date(chance: u64) -> String {
    const END: Timestamp = Timestamp::constant(1_768_438_800, 0);
    let time = END - SignedDuration::from_secs((chance >> 24) as i64 & 0xFFFF);
    TimeZone::fixed(offset(7)).to_datetime(time).strftime("%a, %d %b %Y %H:%M:%S GMT+7").to_string()
}

/// A number that looks like chance and is not (SplitMix64).
pub fn mixed(number: u64) -> u64 {
    let a = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let b = (a ^ a >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let c = (b ^ b >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    c ^ c >> 31
}

/// A title as a part of an address.
fn slug(title: &str) -> String {
    let plain: String = title.to_lowercase().replace('đ', "d").nfd().filter(char::is_ascii).collect();
    let words: Vec<&str> = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}
