//! What a `feeds.toml` can say: its tables and keys. The comments here are the descriptions in the JSON schema, which
//! editors show.
//!
//! Nothing is decided here: what is absent stays absent, and what contradicts something else is found in `resolve`. A
//! default beside a key is for the schema; a test holds it against what `resolve` does.

use schemars::JsonSchema;
use toml::Spanned;
use toml::de::DeValue;

use crate::config::fault::Wrong;
use crate::config::read::{At, Key, Keyed, Keys, Reader, Several, Table, Value};
use crate::config::value::{
    Contact, Count, Css, DateFormat, Day, Encoding, Headers, HostName, HttpUrl, HubChoice, Id, Interval, Keep, Language, Listen,
    NameServer, Network, OneOf, Parameter, Pause, Phrase, ProxyUrl, PublicUrl, Rank, Size, StoreUrl, Text, Token, Zone,
};
use crate::model::{Content, Field};

/// Declares a table: its keys, the type of each, and for the schema its default.
macro_rules! table {
    ($(#[$about:meta])* $name:ident { $($(#[$key_about:meta])* $key:ident: $type:ty $(= $default:tt)?,)* }) => {
        #[derive(Debug, Default, JsonSchema)]
        $(#[$about])*
        #[schemars(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$key_about])* #[schemars(default $(, extend("default" = $default))?)] pub(super) $key: Key<$type>,)*
        }

        impl Value for $name {
            fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
                let mut table = Table::open(value, path, reader)?;
                let read = Self { $($key: table.take(bare(stringify!($key)), reader),)* };
                table.close(homes, reader);
                Some(read)
            }
        }

        impl Keys for $name {
            const KEYS: &'static [&'static str] = &[$(bare(stringify!($key))),*];
        }
    };
}

/// A key's name without what makes a word of Rust a name.
const fn bare(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// The tables that a key belongs to, for whoever put it into another.
fn homes(key: &str) -> Option<String> {
    const TABLES: [(&str, &[&str]); 7] = [
        ("[service]", Service::KEYS),
        ("[store]", Store::KEYS),
        ("[fetch]", Fetch::KEYS),
        ("[source.ID]", Source::KEYS),
        ("`select` of a source", Select::KEYS),
        ("[topic.ID]", Topic::KEYS),
        ("[feed.ID]", Feed::KEYS),
    ];
    let homes: Vec<&str> = TABLES.iter().filter(|(_, keys)| keys.contains(&key)).map(|(table, _)| *table).collect();
    let (last, others) = homes.split_last()?;
    Some(if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) })
}

table! {
    /// The sources, topics and feeds of diemtin. In any string `${NAME}` takes an environment variable; `$${` is a plain
    /// `${`.
    File {
        /// Who publishes.
        service: Service,
        /// Where stories are kept, and how long.
        store: Store,
        /// How sources are fetched.
        fetch: Fetch,
        /// The places that are polled, by id. An id is 1 to 64 of a-z, 0-9 and -. It names what a source has published
        /// for good, so it should stay as it is.
        source: Keyed<Source>,
        /// The rules by which stories are grouped, by id. Each publishes a feed under its id.
        topic: Keyed<Topic>,
        /// Merged feeds, by id. `moi-nhat` (all stories) and one feed for each topic exist without being listed here; a
        /// table with such an id adjusts that feed.
        feed: Keyed<Feed>,
    }
}

table! {
    /// Who publishes.
    Service {
        /// What the whole site is called.
        title: Text = "Điểm tin",
        /// The public address, for links to ourselves, and for hubs to call. Default: http:// and `listen`, where no hub calls.
        url: PublicUrl,
        /// The address to listen on, as HOST:PORT.
        listen: Listen = "127.0.0.1:8080",
        /// A page or mail address at which the administrator of a source can reach you; part of the User-Agent.
        contact: Contact,
        /// The language of the feeds, a BCP 47 tag.
        language: Language = "vi",
        /// The IANA time zone of dates that name no offset, and of what people read.
        timezone: Zone = "Asia/Ho_Chi_Minh",
        /// Whether others can subscribe to our feeds (WebSub), to be called when there is news; or the address of another hub, which is told
        /// of news and calls them. Needs `url`.
        hub: HubChoice = true,
        /// The password of `/admin`, the page that says how each source stands and has one polled; such as "${DIEMTIN_TOKEN}". Default: none, and
        /// no such page.
        token: Token,
    }
}

table! {
    /// Where stories are kept, and how long.
    Store {
        /// `sled:FOLDER`; a relative folder is below the folder of this file. Or `postgres://USER:PASSWORD@HOST/DATABASE`, for several
        /// processes or machines.
        url: StoreUrl = "sled:data",
        /// Stories that were first seen longer ago than this are pruned; "forever" keeps all.
        keep: Keep = "365d",
    }
}

table! {
    /// How sources are fetched.
    Fetch {
        /// The interval between polls on average over all sources, and the first guess for each; then it is learned when each publishes, and
        /// who publishes more is asked more often.
        every: Interval = "15m",
        /// The shortest interval that is learned.
        min_every: Interval = "5m",
        /// The longest interval that is learned.
        max_every: Interval = "6h",
        /// How long one fetch may take, redirects included.
        timeout: Interval = "30s",
        /// The largest document, after decompression.
        max_body: Size = "10MiB",
        /// How many fetches run at once.
        parallel: Count<1, 1024> = 64,
        /// How many fetches of one host run at once.
        per_host: Count<1, 1024> = 2,
        /// The least time between the beginnings of two fetches of one host, over all its sources.
        spacing: Pause = "2s",
        /// Whether sources that have a hub (WebSub) are subscribed to there, so that they need not be polled so often. Needs `service.url`.
        push: bool = true,
        /// Whether an article that a source takes out of its document, while older ones stay there, is looked at; where it is gone (404, 410)
        /// at two looks that lie hours apart, the story shows it no more, and is withdrawn when no source has it.
        gone: bool = true,
        /// The proxy that everything is fetched through, such as `http://proxy.example.vn:3128`. Proxies that the environment names are
        /// not used.
        proxy: ProxyUrl,
        /// Name servers to ask instead of the system's (`/etc/resolv.conf`), such as "10.0.0.53" or "127.0.0.1:5353".
        name_servers: Vec<At<NameServer>> = [],
        /// Ranges of addresses that may be fetched although they are not public, such as "10.0.0.0/8".
        private_networks: Vec<At<Network>> = [],
    }
}

table! {
    /// One place that is polled: either `url` (a feed) or `page` and `select` (a page that lists articles).
    #[schemars(extend("oneOf" = [
        { "required": ["url"], "properties": { "page": false, "select": false } },
        { "required": ["page", "select"], "properties": { "url": false } }
    ]))]
    Source {
        /// The address of a feed: RSS, RDF, Atom or JSON Feed.
        url: HttpUrl,
        /// The address of an HTML page that lists articles, for a site without a feed.
        page: HttpUrl,
        /// Where on the page an article's parts stand.
        select: Select,
        /// What readers see as the credit. Default: the address's host.
        name: Text,
        /// The province or city that the source speaks for.
        place: Text,
        /// Free words, for feeds to choose by.
        tags: Vec<At<Text>> = [],
        /// Fixes the interval between polls. Default: it is learned, see `fetch`.
        every: Interval,
        /// When several sources carry a story, the one with the highest rank leads it.
        rank: Rank = 0,
        /// Whether the source is polled. The stories of one that is not stay.
        enabled: bool = true,
        /// Whether the source is subscribed to, if it has a hub, see `fetch`.
        push: bool = true,
        /// Whether articles that the source takes out of its document are looked at, see `fetch`.
        gone: bool = true,
        /// Additional request headers, such as { Authorization = "Bearer ${TOKEN}" }.
        headers: Headers = {},
        /// The IANA time zone of dates that name no offset. Default: that of `service`.
        timezone: Zone,
        /// The encoding to read with, whatever the document says.
        encoding: Encoding,
        /// How much of an article is kept and republished. "full" needs the publisher's consent.
        content: OneOf<Content> = "summary",
        /// Parameters of its addresses that name no article, such as "cid"; "bao_*" stands for all that begin so. Usual ones
        /// like utm_source need not be named.
        tracking: Vec<At<Parameter>> = [],
        /// Hosts that its links may lead to, with all below them, beside its own: a link to any other is left out, the entry's words stay. Default:
        /// it may link to any.
        link_hosts: Vec<At<HostName>> = [],
    }
}

table! {
    /// Where on a page an article's parts stand, as CSS selectors. All but `item` are looked for inside an item.
    #[schemars(extend("required" = ["item", "title", "link"]))]
    Select {
        /// One article.
        item: Css,
        /// Its title.
        title: Css,
        /// The element whose href is its address.
        link: Css,
        /// Its date.
        date: Css,
        /// How the date is written, in strptime's letters, such as "%d/%m/%Y %H:%M". Default: any known form.
        date_format: DateFormat,
        /// Its summary.
        summary: Css,
        /// The element whose src is its picture.
        image: Css,
    }
}

table! {
    /// A rule over stories. A story has the topic when a phrase of `any` occurs, one of `in_title` in the title or two of
    /// `two_of`, or what was `learned` speaks for it, every phrase of `all` occurs, and none of `none` does. A capital of a phrase must be a capital in the story; small letters stand for
    /// both. The number of a document such as 05-CT/TW is found in every way of writing it.
    #[schemars(extend("anyOf" = [{ "required": ["any"] }, { "required": ["in_title"] }, { "required": ["two_of"] }, { "required": ["all"] }, { "required": ["learned"], "properties": { "learned": { "const": true } } }]))]
    Topic {
        /// What readers see. Default: the id.
        title: Text,
        /// One of these phrases suffices.
        any: Vec<At<Wanted>> = [],
        /// One of these phrases suffices in the title; elsewhere it is like those of `two_of`.
        in_title: Vec<At<Wanted>> = [],
        /// Two different ones of these phrases suffice: words that alone say too little.
        two_of: Vec<At<Wanted>> = [],
        /// Each of these phrases must occur.
        all: Vec<At<Wanted>> = [],
        /// None of these phrases may occur: one excludes the story.
        none: Vec<At<Wanted>> = [],
        /// Where one of these phrases stands, no phrase counts that shares a word with it: "bác sĩ" takes away the last word
        /// of "làm theo Bác".
        except: Vec<At<Wanted>> = [],
        /// Whether what labelled texts taught of the topic of this id counts, too: words of title and summary that together speak for it are as
        /// good as a phrase of `any`.
        learned: bool = false,
        /// Where the phrases are looked for.
        #[schemars(extend("minItems" = 1))]
        r#in: Vec<At<OneOf<Field>>> = ["title", "summary", "content", "categories"],
    }
}

table! {
    /// A phrase that counts under conditions.
    #[schemars(extend("required" = ["phrase"]))]
    Conditional {
        /// The phrase, or several that have the same conditions.
        phrase: Several<Phrase>,
        /// It counts only where one of these stands within twelve words of it.
        #[schemars(extend("minItems" = 1))]
        near: Vec<At<Phrase>>,
        /// It counts only in these of the topic's fields.
        #[schemars(extend("minItems" = 1))]
        r#in: Vec<At<OneOf<Field>>>,
        /// It counts only where the other words of title and summary speak clearly for the topic, by what labelled texts taught.
        learned: bool = false,
        /// It counts only in stories published on this day or later.
        since: Day,
        /// It counts only in stories published on this day or earlier.
        until: Day,
    }
}

/// A phrase of a rule, alone or with its conditions.
#[derive(Debug)]
pub(super) struct Wanted(pub(super) Conditional);

impl Value for Wanted {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let span = value.span();
        if !matches!(value.get_ref(), DeValue::Table(_)) {
            let phrase = Several(vec![Phrase::read(value, path, reader)?]);
            return Some(Self(Conditional { phrase: Key::Given(At { value: phrase, span }), ..Conditional::default() }));
        }
        let conditional = Conditional::read(value, path, reader)?;
        if conditional.phrase.is_absent() {
            reader.error(&span, Wrong::new("this table has no phrase").expected("`phrase = \"…\"`"));
        }
        conditional.phrase.value().is_some().then_some(Self(conditional))
    }
}

impl JsonSchema for Wanted {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Wanted".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "anyOf": [Phrase::json_schema(generator), Conditional::json_schema(generator)] })
    }
}

table! {
    /// A merged feed. Each list that is given narrows the choice; within a list any one suffices.
    Feed {
        /// What readers see. Default: the topic's title, "Mới nhất" for moi-nhat, else the id.
        title: Text,
        /// How many stories it holds at least, where there are so many.
        limit: Count<1, 1000> = 50,
        /// Only stories with one of these topics. Default for a topic's own feed: that topic.
        topics: Vec<At<Id>>,
        /// No story with one of these topics.
        not_topics: Vec<At<Id>> = [],
        /// Only stories that one of these sources carries.
        sources: Vec<At<Id>> = [],
        /// No story that only these sources carry.
        not_sources: Vec<At<Id>> = [],
        /// Only stories that a source of one of these places carries.
        places: Vec<At<Text>> = [],
        /// Only stories that a source with one of these tags carries.
        tags: Vec<At<Text>> = [],
        /// Of any ten stories in a row at most so many are led by one source, as far as others have any. Default: no such bound; in
        /// sidebars 3.
        per_source: Count<1, 10>,
        /// Whether stories show their pictures, which browsers and readers load from the sources' sites. false: whoever reads the feed or a
        /// sidebar of it asks nobody else.
        pictures: bool = true,
        /// Ids that this feed had before: whoever asks for them is sent here.
        was: Vec<At<Id>> = [],
    }
}
