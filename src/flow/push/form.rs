//! What a hub is asked in (section 5.1): a form.

use url::form_urlencoded::Serializer;

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
