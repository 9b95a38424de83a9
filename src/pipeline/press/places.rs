//! The places that the sources speak for, as the front page lists them.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::flow::render::Place;
use crate::model::{Feed, Listing};
use crate::text;

/// The places of the sources, and the sources of each, as a dictionary has them; with the feeds that are about one of them alone.
pub(super) fn places<'a>(config: &'a Config, feeds: impl IntoIterator<Item = (&'a Feed, &'a Listing)>) -> Vec<Place<'a>> {
    let mut places: BTreeMap<&str, Place> = BTreeMap::new();
    for source in config.sources.values() {
        let Some(name) = source.place.as_deref() else { continue };
        let place = places.entry(name).or_insert_with(|| Place { name, feeds: Vec::new(), sources: Vec::new() });
        if !place.sources.contains(&source.name.as_str()) {
            place.sources.push(&source.name);
        }
    }
    for (feed, listing) in feeds {
        if let [only] = feed.places.as_slice()
            && let Some(place) = places.get_mut(only.as_str())
        {
            place.feeds.push(listing);
        }
    }
    let mut places: Vec<Place> = places.into_values().collect();
    places.sort_by_cached_key(|place| text::sort_key(place.name));
    for place in &mut places {
        place.sources.sort_by_cached_key(|name| text::sort_key(name));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_their_sources_stand_in_the_order_of_vietnamese() {
        let source =
            |id, place, name| format!("[source.{id}]\nurl = \"https://{id}.vn/rss\"\nplace = \"{place}\"\nname = \"{name}\"\n");
        let feeds = [
            source("a", "Yên Bái", "Báo Yên Bái"),
            source("b", "Đắk Lắk", "Đài Đắk Lắk"),
            source("c", "Đà Nẵng", "Báo Đà Nẵng"),
            source("d", "Ẩn Hải", "Báo Ẩn Hải"),
            source("e", "Ăn Kê", "Báo Ăn Kê"),
            source("f", "Đắk Lắk", "Cổng Đắk Lắk"),
            source("g", "Hà Nội", "Hà Nội mới"),
        ];
        let (config, _) = crate::config::read("feeds.toml", &feeds.concat(), &|_| None).expect("valid");
        let places = places(&config, []);
        assert_eq!(
            places.iter().map(|place| place.name).collect::<Vec<_>>(),
            ["Ăn Kê", "Ẩn Hải", "Đà Nẵng", "Đắk Lắk", "Hà Nội", "Yên Bái"]
        );
        assert_eq!(places[3].sources, ["Cổng Đắk Lắk", "Đài Đắk Lắk"]);
    }
}
