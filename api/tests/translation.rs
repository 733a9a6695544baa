//! Translations: by a service over a real socket, within a time, and with no word of a text in what is said of a failure.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::net::SocketAddr;
use std::time::Duration;

use api::translation::{ApiKey, TranslationError, TranslationSettings, Translator};
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TEXT: &str = "Batterij \"als nieuw\"; zeer tevreden.";

/// A service that answers each text as its API key says.
async fn service() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/lt/translate", post(answer));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

async fn answer(body: Bytes) -> axum::response::Response {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let error = |status: StatusCode, why: &str| (status, json!({ "error": why }).to_string()).into_response();
    match asked["api_key"].as_str() {
        None => json!({ "translatedText": asked.to_string() }).to_string().into_response(),
        Some("unsupported") => error(StatusCode::BAD_REQUEST, "nl is not supported"),
        Some("repeats") => error(StatusCode::BAD_REQUEST, &format!("can't read: {TEXT}")),
        Some("forbidden") => error(StatusCode::FORBIDDEN, "Invalid API key"),
        Some("busy") => error(StatusCode::TOO_MANY_REQUESTS, "Slowdown: 10 per 1 minute"),
        Some("fails") => (StatusCode::INTERNAL_SERVER_ERROR, "<html>").into_response(),
        Some("moved") => Redirect::temporary("/lt/elsewhere").into_response(),
        Some("garbage") => "<html>Welcome</html>".into_response(),
        Some("large") => json!({ "translatedText": "x".repeat(300 * 1024) }).to_string().into_response(),
        Some(_) => std::future::pending().await,
    }
}

fn translator(address: SocketAddr, key: Option<&str>) -> Translator {
    let key = key.map(|key| ApiKey::parse(key).unwrap());
    Translator::new(TranslationSettings::parse(&format!("http://{address}/lt"), key).unwrap()).unwrap()
}

async fn failure(translator: Translator) -> TranslationError {
    let error = translator.translate(TEXT, "nl".parse().unwrap(), "de".parse().unwrap()).await.unwrap_err();
    let said = format!("{error} {error:?}").to_lowercase();
    for word in ["batterij", "nieuw", "tevreden"] {
        assert!(!said.contains(word), "{said}");
    }
    error
}

#[tokio::test]
async fn r_3_2_06_a_text_is_translated_from_its_language_into_another() {
    let translator = translator(service().await, None);
    let translated = translator.translate(TEXT, "nl".parse().unwrap(), "de".parse().unwrap()).await.unwrap();
    let asked: Value = serde_json::from_str(&translated).unwrap();
    assert_eq!(asked, json!({ "q": TEXT, "source": "nl", "target": "de", "format": "text" }));
}

#[tokio::test]
async fn a_failure_says_why_whether_trying_again_can_help_and_nothing_of_the_text() {
    let address = service().await;
    for (key, permanent, word) in [
        ("unsupported", true, "from nl to de: 400 Bad Request: nl is not supported"),
        ("repeats", true, "can't read:"),
        ("forbidden", false, "403 Forbidden: Invalid API key; see translation.url"),
        ("busy", false, "429 Too Many Requests: Slowdown"),
        ("fails", false, "500 Internal Server Error"),
        ("moved", false, "307 Temporary Redirect"),
        ("garbage", false, "has no translatedText"),
        ("large", true, "has more than 262144 bytes"),
    ] {
        let error = failure(translator(address, Some(key))).await;
        assert_eq!(error.is_permanent(), permanent, "{key}: {error}");
        assert!(error.to_string().contains(word), "{key}: {error}");
    }
}

#[tokio::test]
async fn a_service_that_hangs_or_is_not_there_is_given_up_and_may_be_tried_again() {
    let mut settings =
        TranslationSettings::parse(&format!("http://{}/lt", service().await), Some(ApiKey::parse("hangs").unwrap()))
            .unwrap();
    settings.deadline = Duration::from_millis(50);
    let error = failure(Translator::new(settings).unwrap()).await;
    assert!(matches!(error, TranslationError::TimedOut { .. }) && !error.is_permanent(), "{error}");

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = failure(translator(gone, None)).await;
    assert!(matches!(error, TranslationError::Unreachable { .. }) && !error.is_permanent(), "{error}");
}

#[test]
fn a_key_is_read_from_a_file_with_nothing_else_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    assert!(ApiKey::from_file(&file).unwrap_err().to_string().contains("reading the translation service's key"));
    std::fs::write(&file, "abc\n").unwrap();
    assert_eq!(ApiKey::from_file(&file).unwrap(), ApiKey::parse("abc").unwrap());
    std::fs::write(&file, "\n").unwrap();
    assert!(ApiKey::from_file(&file).unwrap_err().to_string().contains("translation.key is the API key"));
}
