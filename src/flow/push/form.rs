//! What a hub is asked in (section 5.1): a form, written and read.

use std::collections::BTreeMap;

use url::form_urlencoded::{self, Serializer};

use crate::flow::push::Ask;

/// The lease that we ask for, in seconds: ten days, what most hubs give at the longest.
const LEASE_SECONDS: &str = "864000";

/// The body of a request to a hub.
pub fn form(ask: &Ask) -> String {
    let (Ask::Subscribe(subscription) | Ask::Unsubscribe(subscription)) = ask;
    let mut form = Serializer::new(String::new());
    form.append_pair("hub.callback", &subscription.callback).append_pair("hub.topic", &subscription.hub.topic);
    match ask {
        // The secret is sent without TLS too: who reads along learns the callback's address as well, and with no secret at all
        // anybody's announcement would count who has guessed that.
        Ask::Subscribe(_) => {
            form.append_pair("hub.mode", "subscribe").append_pair("hub.lease_seconds", LEASE_SECONDS);
            form.append_pair("hub.secret", &subscription.secret.0);
        }
        Ask::Unsubscribe(_) => {
            form.append_pair("hub.mode", "unsubscribe");
        }
    }
    form.finish()
}

/// What stands in a form or a query; of a name that stands there twice, the first counts.
pub(super) fn fields(form: &[u8]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(form) {
        fields.entry(name.into_owned()).or_insert_with(|| value.into_owned());
    }
    fields
}
