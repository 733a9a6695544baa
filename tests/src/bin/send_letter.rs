//! Sends a letter as the platform does, and tells the outcome on a line: `sent`, `permanent <why>` or `transient <why>`.
//!
//!     send_letter <mail.to> <recipient> <language> <mail id> <deadline in ms>

#![allow(clippy::unwrap_used, reason = "where it fails it should stop, and say where")]

use std::time::Duration;

use api::mail::{Letter, MailSettings, Message, ReviewInvitation, SendError, Transport};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [to, recipient, language, id, deadline] = &arguments[..] else {
        panic!("send_letter <mail.to> <recipient> <language> <mail id> <deadline in ms>")
    };
    let mut settings = MailSettings::parse("Marktboek à l’essai <no-reply@shop.example>", to).unwrap();
    settings.deadline = Duration::from_millis(deadline.parse().unwrap());
    let transport = Transport::open(settings).unwrap();
    let letter = Letter::ReviewInvitation(ReviewInvitation {
        product: "Kühl-Gefrierkombination ‘Été’ & Co. <neu>\r\nBcc: thief@example.eu".to_owned(),
        order: "1042-7731".to_owned(),
        review: "https://shop.example/orders/1042-7731/lines/1/review?a=1&b=2".parse().unwrap(),
    });
    let rendered = letter.render(language.parse().unwrap());
    let written = "2026-03-01T12:00:00Z".parse().unwrap();
    match send(&transport, Message::new(id.parse().unwrap(), written, recipient, rendered)).await {
        Ok(()) => println!("sent"),
        Err(error) => println!("{} {error}", if error.is_permanent() { "permanent" } else { "transient" }),
    }
}

async fn send(transport: &Transport, message: Result<Message, SendError>) -> Result<(), SendError> {
    transport.send(&message?).await
}
