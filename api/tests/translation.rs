//! Translations come from a real service over a real socket.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::time::Duration;

use api::translation::{TranslationError, Translator};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

/// A service that answers by the text that it is asked to translate.
async fn service() -> String {
    let translate = |Json(asked): Json<Value>| async move {
        match asked["q"].as_str().unwrap() {
            "goed" => {
                assert_eq!(
                    (&asked["source"], &asked["target"], &asked["format"]),
                    (&json!("nl"), &json!("en"), &json!("text"))
                );
                assert_eq!(asked["api_key"], "secret");
                (StatusCode::OK, json!({"translatedText": "good"}).to_string())
            }
            "unknown language" => (StatusCode::BAD_REQUEST, json!({"error": "xx is not supported"}).to_string()),
            "too many" => (StatusCode::TOO_MANY_REQUESTS, json!({"error": "slow down"}).to_string()),
            "garbage" => (StatusCode::OK, "<html>".to_owned()),
            "enormous" => (StatusCode::OK, json!({"translatedText": "x".repeat(300_000)}).to_string()),
            _ => {
                tokio::time::sleep(Duration::from_secs(30)).await;
                (StatusCode::OK, String::new())
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/translate", post(translate))).await });
    url
}

async fn ask(text: &str) -> Result<String, TranslationError> {
    let translator = Translator::new(&service().await, Some("secret".into()), Duration::from_millis(500)).unwrap();
    translator.translate(text, "nl".parse().unwrap(), "en".parse().unwrap()).await
}

#[tokio::test]
async fn r_3_2_06_a_text_is_translated_and_an_error_says_whether_trying_again_helps() {
    assert_eq!(ask("goed").await.unwrap(), "good");
    for (text, permanent) in
        [("unknown language", true), ("too many", false), ("garbage", false), ("enormous", true), ("hangs", false)]
    {
        let error = ask(text).await.unwrap_err();
        assert_eq!(error.is_permanent(), permanent, "{text}: {error}");
        assert!(!error.to_string().contains(text), "a text is personal data: {error}");
    }
}

#[tokio::test]
async fn r_3_2_06_a_service_that_is_not_there_is_tried_again() {
    let translator = Translator::new("http://127.0.0.1:1", None, Duration::from_millis(500)).unwrap();
    let asked = translator.translate("goed", "nl".parse().unwrap(), "en".parse().unwrap()).await;
    assert!(!asked.unwrap_err().is_permanent());
    assert!(
        Translator::new("ftp://x", None, Duration::from_millis(500)).unwrap_err().to_string().contains("--translator")
    );
}
