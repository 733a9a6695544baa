//! Requests by HTTP: GraphQL in JSON and in parts, and photos of a review.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::time::timeout;
use tower_service::Service;

use crate::market::MARKET;

/// A byte that says who asks, one that says where and in what form, and the body.
pub fn asking(input: &[u8]) {
    let [who, how, body @ ..] = input else { return };
    let market = &*MARKET;
    let (path, form) = match how % 4 {
        0 => ("/graphql", "application/json"),
        1 => ("/graphql", "multipart/form-data; boundary=x"),
        2 => ("/photos?reviewId=5f1c0c4e-3c39-4f8e-9c56-8f8f3a3d1c11", "image/jpeg"),
        _ => ("/photos?reviewId=5f1c0c4e-3c39-4f8e-9c56-8f8f3a3d1c11", "multipart/form-data; boundary=x"),
    };
    let mut request = Request::post(path).header(header::CONTENT_TYPE, form);
    if let Some(token) = market.token(*who) {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::from(body.to_vec())).unwrap();
    let answered = async {
        let answer = Service::call(&mut market.routes.clone(), request).await.unwrap();
        (answer.status(), answer.into_body().collect().await.unwrap().to_bytes())
    };
    let answered = async { timeout(Duration::from_secs(20), answered).await };
    let (status, body) = market.runtime.block_on(answered).expect("an answer");
    let known = [
        StatusCode::OK,
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::CONFLICT,
        StatusCode::PAYLOAD_TOO_LARGE,
    ];
    assert!(known.contains(&status), "{status}: {}", String::from_utf8_lossy(&body));
    assert!(!body.is_empty());
    if path == "/graphql" {
        let answer: Value = serde_json::from_slice(&body).expect("an answer in JSON");
        let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(answer.get("data").is_some() || !errors.is_empty(), "{answer}");
        for error in errors {
            // What goes wrong in here is told as this, to the operator in full.
            assert_ne!(error["extensions"]["code"], "INTERNAL", "{answer}");
            assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
        }
    }
}
