//! What is known about words when two texts are compared: ways of writing one name, official phrases, places, opposites, and words that say
//! little because they stand everywhere.
//!
//! How often a word or phrase occurs was counted over the 2,032 annotated records of DANeS (dataset-vn/DANeS, CC BY 4.0) and the
//! items of eight national papers.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::text::Words;

/// Ways of writing one thing; the first stands for all. `-` is left out of the comparison.
const SAME: &[&[&str]] = &[
    &["UBND", "Ủy ban nhân dân"],
    &["HĐND", "Hội đồng nhân dân"],
    &["ĐBQH", "đại biểu Quốc hội"],
    &["MTTQ", "Mặt trận Tổ quốc", "Mặt trận Tổ quốc Việt Nam", "MTTQ Việt Nam", "MTTQVN"],
    &["UBMTTQ", "Ủy ban MTTQ", "Ủy ban MTTQ Việt Nam", "Ủy ban Mặt trận Tổ quốc", "Ủy ban Mặt trận Tổ quốc Việt Nam"],
    &["TPHCM", "TP HCM", "TP Hồ Chí Minh", "Thành phố Hồ Chí Minh"],
    &["Covid", "Covid-19", "Covid19"],
    &["TW", "TƯ", "Trung ương"],
    &["BCH", "Ban Chấp hành"],
    &["GDĐT", "GD&ĐT", "Giáo dục và Đào tạo", "Giáo dục - Đào tạo", "Giáo dục & Đào tạo"],
    &["NNMT", "NN&MT", "Nông nghiệp và Môi trường"],
    &["VHTTDL", "VH-TT&DL", "VHTT&DL", "VH,TT&DL", "Văn hóa, Thể thao và Du lịch"],
    &["LĐLĐ", "Liên đoàn Lao động"],
    &["LHPN", "Liên hiệp Phụ nữ"],
    &["CCB", "Cựu chiến binh"],
    &["TNCS", "Thanh niên Cộng sản"],
    &["THPT", "trung học phổ thông"],
    &["THCS", "trung học cơ sở"],
    &["CCHC", "cải cách hành chính"],
    &["TTHC", "thủ tục hành chính"],
    &["DVC", "dịch vụ công"],
    &["CĐS", "chuyển đổi số"],
    &["NTM", "nông thôn mới"],
    &["ATGT", "an toàn giao thông"],
    &["TNGT", "tai nạn giao thông"],
    &["CSGT", "cảnh sát giao thông"],
    &["ANTT", "an ninh trật tự"],
    &["PCCC", "phòng cháy chữa cháy", "phòng cháy, chữa cháy"],
    &["PCTN", "phòng chống tham nhũng", "phòng, chống tham nhũng"],
    &["KT-XH", "kinh tế xã hội", "kinh tế - xã hội"],
    &["CCCD", "căn cước công dân"],
    &["BHXH", "bảo hiểm xã hội"],
    &["BHYT", "bảo hiểm y tế"],
    &["BHTN", "bảo hiểm thất nghiệp"],
    &["cắt điện", "cúp điện", "ngừng cấp điện", "tạm ngừng cấp điện", "mất điện"],
    &["giáo sư", "GS"],
    &["tiến sĩ", "TS"],
    &["phó giáo sư", "PGS"],
    &["làm Chủ tịch", "giữ chức Chủ tịch", "giữ chức vụ Chủ tịch"],
    &["kiốt", "ki ốt"],
    &["tử vong", "chết", "thiệt mạng"],
    &["KCN", "khu công nghiệp"],
    &["BĐS", "bất động sản"],
    &["HTX", "hợp tác xã"],
    &["DN", "doanh nghiệp"],
    &["BV", "bệnh viện"],
    &["ĐH", "đại học"],
    &["TP", "thành phố"],
    &["TX", "thị xã"],
    &["VN", "Việt Nam"],
    &["USD", "đô la", "đô la Mỹ"],
    &["kỷ niệm", "kỉ niệm"],
    &["-", "phần trăm"],
];

/// Phrases that stand in headlines by the thousand: a whole one says as much as one common word.
const OFFICIAL: &[&str] = &[
    "học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
    "học tập, làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
    "học tập và làm theo tư tưởng, đạo đức, phong cách Chủ tịch Hồ Chí Minh",
    "tư tưởng, đạo đức, phong cách Hồ Chí Minh",
    "tấm gương đạo đức Hồ Chí Minh",
    "học tập và làm theo Bác",
    "học và làm theo Bác",
    "làm theo lời Bác",
    "phòng, chống dịch Covid-19",
    "phòng, chống dịch bệnh",
    "phòng, chống tham nhũng, lãng phí, tiêu cực",
    "phòng, chống thiên tai",
    "phòng, chống tội phạm",
    "phòng, chống ma túy",
    "xây dựng nông thôn mới",
    "nông thôn mới nâng cao",
    "nông thôn mới kiểu mẫu",
    "xây dựng, chỉnh đốn Đảng",
    "xây dựng Đảng và hệ thống chính trị",
    "chính quyền địa phương hai cấp",
    "chính quyền địa phương 2 cấp",
    "phát triển kinh tế - xã hội",
    "khoa học, công nghệ, đổi mới sáng tạo và chuyển đổi số",
    "bảo đảm trật tự an toàn giao thông",
    "toàn dân đoàn kết xây dựng đời sống văn hóa",
    "toàn dân bảo vệ an ninh Tổ quốc",
    "đại đoàn kết toàn dân tộc",
    "Ngày hội Đại đoàn kết",
    "đền ơn đáp nghĩa",
    "uống nước nhớ nguồn",
    "vì người nghèo",
    "xóa nhà tạm, nhà dột nát",
    "người tốt, việc tốt",
    "đại biểu Quốc hội và đại biểu Hội đồng nhân dân các cấp",
    "tiếp xúc cử tri",
    "Ban Thường vụ Tỉnh ủy",
    "Ban Thường vụ Thành ủy",
    "Ban Chấp hành Đảng bộ",
    "đại hội đảng bộ",
    "hội nghị lần thứ",
    "nhiệm kỳ",
    "trên địa bàn tỉnh",
    "trên địa bàn thành phố",
    "trên địa bàn",
    "công tác cán bộ",
    "ra quân",
    "thăm, tặng quà",
    "thăm và tặng quà",
];

/// The provinces and cities, before and since the merger of 2025. They count as names only with capitals: hòa bình is peace.
const PLACES: &[&str] = &[
    "An Giang",
    "Bà Rịa - Vũng Tàu",
    "Bạc Liêu",
    "Bắc Giang",
    "Bắc Kạn",
    "Bắc Ninh",
    "Bến Tre",
    "Bình Dương",
    "Bình Định",
    "Bình Phước",
    "Bình Thuận",
    "Cà Mau",
    "Cao Bằng",
    "Cần Thơ",
    "Đà Nẵng",
    "Đắk Lắk",
    "Đắk Nông",
    "Điện Biên",
    "Đồng Nai",
    "Đồng Tháp",
    "Gia Lai",
    "Hà Giang",
    "Hà Nam",
    "Hà Nội",
    "Hà Tĩnh",
    "Hải Dương",
    "Hải Phòng",
    "Hậu Giang",
    "Hòa Bình",
    "Huế",
    "Hưng Yên",
    "Khánh Hòa",
    "Kiên Giang",
    "Kon Tum",
    "Lai Châu",
    "Lạng Sơn",
    "Lào Cai",
    "Lâm Đồng",
    "Long An",
    "Nam Định",
    "Nghệ An",
    "Ninh Bình",
    "Ninh Thuận",
    "Phú Thọ",
    "Phú Yên",
    "Quảng Bình",
    "Quảng Nam",
    "Quảng Ngãi",
    "Quảng Ninh",
    "Quảng Trị",
    "Sóc Trăng",
    "Sơn La",
    "Tây Ninh",
    "Thái Bình",
    "Thái Nguyên",
    "Thanh Hóa",
    "Thừa Thiên Huế",
    "Tiền Giang",
    "TPHCM",
    "TP HCM",
    "TP Hồ Chí Minh",
    "Thành phố Hồ Chí Minh",
    "Trà Vinh",
    "Tuyên Quang",
    "Vĩnh Long",
    "Vĩnh Phúc",
    "Yên Bái",
];

/// Words of which two texts that differ in them tell of different things, or of different moments of one.
const OPPOSITES: &[&[&str]] = &[
    &["khai mạc", "bế mạc", "chuẩn bị"],
    &["tăng", "giảm"],
    &["lên", "xuống"],
    &["trước", "sau", "trong"],
    &["mở", "đóng"],
    &["khởi công", "khánh thành", "động thổ", "thông xe", "hợp long", "cất nóc", "nghiệm thu", "khai trương", "dừng thi công"],
    &[
        "khởi tố",
        "bắt",
        "tạm giữ",
        "tạm giam",
        "truy tố",
        "xét xử",
        "hầu tòa",
        "tuyên án",
        "lĩnh án",
        "truy nã",
        "thả",
        "phóng thích",
        "đề nghị truy tố",
        "kháng cáo",
        "thi hành án",
    ],
    &[
        "bổ nhiệm",
        "miễn nhiệm",
        "bãi nhiệm",
        "kỷ luật",
        "khen thưởng",
        "tạm đình chỉ",
        "đình chỉ",
        "cách chức",
        "cảnh cáo",
        "khiển trách",
        "khai trừ",
        "từ chức",
    ],
    &["thắng", "thua", "hòa"],
    &["vào bán kết", "vào chung kết", "về nhì", "vô địch", "bị loại"],
    &["chấp nhận", "bác bỏ", "bác", "đồng ý", "từ chối"],
    &["tìm kiếm", "tìm thấy", "mất tích"],
    &["ra mắt", "kết thúc"],
    &["thí điểm", "nhân rộng", "triển khai"],
    &["dự kiến", "chính thức"],
    &["mở lại", "đóng cửa", "tạm dừng"],
    &["ủng hộ", "phản đối"],
    &["nhập khẩu", "xuất khẩu"],
    &["nhập siêu", "xuất siêu"],
    &["nam", "nữ"],
    &["bắt đầu", "kết thúc"],
    &["phát động", "sơ kết", "tổng kết", "kết thúc"],
    &["thành lập", "giải thể", "sáp nhập"],
    &["sáng", "trưa", "chiều", "tối", "đêm"],
    &["đầu", "giữa", "cuối"],
    &["hôm qua", "hôm nay", "ngày mai"],
    &["nóng", "lạnh", "rét"],
    &["cho phép", "cấm"],
    &["sơ thẩm", "phúc thẩm"],
    &["lãi", "lỗ"],
    &["mua", "bán"],
    &["được mùa", "mất mùa"],
    &["dương tính", "âm tính"],
    &["tạm dừng", "tiếp tục", "hoãn", "hủy"],
    &["ban hành", "bãi bỏ", "dự thảo", "đề xuất"],
    &["bầu", "bãi nhiệm"],
    &["miền Bắc", "miền Trung", "miền Nam"],
    &["Bắc Bộ", "Trung Bộ", "Nam Bộ"],
    &["đến", "rời"],
    &["đón", "tiễn"],
    &["nhất", "nhì", "ba"],
    &["vàng", "bạc", "đồng"],
    &["vô địch", "á quân"],
    &["công lập", "tư thục"],
    &["tiểu học", "THCS", "THPT", "mầm non", "ĐH"],
    &["huyện", "tỉnh", "xã", "phường"],
    &["cấp cứu", "xuất viện"],
    &["thương vong", "an toàn"],
    &["sống", "chết", "tử vong"],
];

/// Phrases of articles that come back to an event.
const LOOKING_BACK: &[&str] = &[
    "sau vụ",
    "từ vụ",
    "từ vụ việc",
    "liên quan vụ",
    "liên quan đến vụ",
    "xung quanh vụ",
    "vụ việc này",
    "vì sao",
    "nhìn lại",
    "bài học từ",
    "lên tiếng về",
    "nói gì về",
    "nói gì",
    "diễn biến mới",
    "thông tin mới",
    "hé lộ",
    "góc nhìn",
    "bình luận",
    "đằng sau",
    "hậu trường",
    "chuyên gia",
];

/// Words that only join others.
const JOINING: &str = "ông bà anh chị em đồng chí tỉnh ngày hôm nay vừa đã sẽ và của có trong các đã cho với được là tại về một từ ở khi những để sẽ này đó do vì thì mà như còn cũng vẫn rằng nên bị ra \
     vào trên đang theo cùng đến hay hoặc nhưng nếu thế rất lại qua bởi lên";

/// Words that stand in one record of fifty, or more.
const FREQUENT: &str = "người công không ngày nam nhiều quốc động đồng đầu dịch mới thành nhà năm việt hiện số tỉnh nhất sau phát chính thông thể dân chỉ \
     trung tổ nhân làm sản hàng sự quan nhận bộ tin gia trường hội nước định tiếp giá điều việc nội tế hình hành cách an địa nay hơn cao thời cơ thủ dự tài chủ \
     nghiệp phòng chức xuất viên trước thị đây tháng kinh báo vừa phải doanh đi liên văn tăng phương con tiền khiến hợp đường sinh bất đối vụ kết cả năng biết \
     sáng trở ảnh toàn bình triển thực giải tình cần bản đại cầu bệnh tư thu học xã dụng điện tử quả giới điểm lý tập phố trợ lớn án tục lượng tác trình rất tới \
     khai hoạt khu giao ban lực diễn chống bảo thức sở bằng đề tâm gây tính thứ minh gần mạnh hỗ nghị độ trực pháp cuộc kỳ hiệu đạo giảm thống thường kiến quyết \
     cấp trọng lần biến đổi tạo mở chí tiêu sống trưởng trang thiết cứu tổng dẫn đội nhanh phục hướng chuyển đặc diện huyện tham phần tích đoàn đưa dựng xây tịch \
     thôn phường tăng cường đẩy tuyên truyền nâng chất hội nghị lễ chương đơn vị cán";

/// How much a rare word, a common one, and one that only joins others say, in twentieths of a rare word.
pub(super) const RARE: u32 = 20;
pub(super) const COMMON: u32 = 12;
const JOINING_WEIGHT: u32 = 3;

/// What an expression of several words stands for.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    /// The keys of its words after the first.
    rest: Vec<String>,
    /// What stands for it in the comparison; empty where it is left out.
    pub token: String,
    pub weight: u32,
    pub place: bool,
}

/// The tables, by keys.
pub(super) struct Lexicon {
    expressions: HashMap<String, Vec<Expression>>,
    weights: HashMap<String, u32>,
    opposites: HashMap<String, Vec<usize>>,
    looking_back: HashSet<String>,
}

/// Read once.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::new);

fn keys(text: &str) -> Vec<String> {
    Words::new(text).keys().map(str::to_owned).collect()
}

impl Lexicon {
    fn new() -> Self {
        let mut weights: HashMap<String, u32> = keys(FREQUENT).into_iter().map(|key| (key, COMMON)).collect();
        weights.extend(keys(JOINING).into_iter().map(|key| (key, JOINING_WEIGHT)));
        let mut lexicon = Self { expressions: HashMap::new(), weights, opposites: HashMap::new(), looking_back: HashSet::new() };
        for ways in SAME {
            let token = if ways[0] == "-" { String::new() } else { keys(ways[0]).join("_") };
            for way in *ways {
                lexicon.add(way, token.clone(), COMMON, false);
            }
        }
        for group in OPPOSITES {
            group.iter().filter(|way| way.contains(' ')).for_each(|way| lexicon.add(way, keys(way).join("_"), COMMON, false));
        }
        for phrase in LOOKING_BACK {
            lexicon.add(phrase, keys(phrase).join("_"), COMMON, false);
            lexicon.looking_back.insert(keys(phrase).join("_"));
        }
        for phrase in OFFICIAL {
            lexicon.add(phrase, keys(phrase).join("_"), COMMON, false);
        }
        for place in PLACES {
            let token = keys(place).join("_");
            let token = if token.ends_with("hcm") || token.ends_with("minh") { "tphcm".to_owned() } else { token };
            lexicon.add(place, token.replace("thua2_thien_", ""), RARE, true);
        }
        for expressions in lexicon.expressions.values_mut() {
            expressions.sort_by_key(|e| (std::cmp::Reverse(e.rest.len()), !e.place));
        }
        for (group, ways) in OPPOSITES.iter().enumerate() {
            for way in *ways {
                lexicon.opposites.entry(keys(way).join("_")).or_default().push(group);
            }
        }
        lexicon
    }

    fn add(&mut self, way: &str, token: String, weight: u32, place: bool) {
        let mut words = keys(way).into_iter();
        if let Some(first) = words.next() {
            let expression = Expression { rest: words.collect(), token, weight, place };
            self.expressions.entry(first).or_default().push(expression);
        }
    }

    /// The longest expression that begins with a word, and how many words it has.
    pub fn expression(&self, words: &Words, at: usize) -> Option<(&Expression, usize)> {
        let fits = |expression: &&Expression| {
            let len = expression.rest.len() + 1;
            expression.rest.iter().zip(at + 1..).all(|(word, place)| words.key_of(place) == word)
                && (!expression.place
                    || [at, at + len - 1].into_iter().all(|place| words.get(place).is_some_and(|word| word.capital)))
        };
        self.expressions.get(words.key_of(at))?.iter().find(fits).map(|expression| (expression, expression.rest.len() + 1))
    }

    /// How much a single word says.
    pub fn weight(&self, key: &str) -> u32 {
        self.weights.get(key).copied().unwrap_or(RARE)
    }

    /// Whether a token is a phrase of articles that come back to an event.
    pub fn looks_back(&self, key: &str) -> bool {
        self.looking_back.contains(key)
    }

    /// Whether two tokens are opposites: different members of one group.
    pub fn are_opposites(&self, a: &str, b: &str) -> bool {
        a != b && self.opposites.get(a).zip(self.opposites.get(b)).is_some_and(|(a, b)| a.iter().any(|group| b.contains(group)))
    }
}
