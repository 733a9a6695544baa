//! Compiles the protocol's messages without a system `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(["streams.proto", "gossip.proto", "server_features.proto", "keys.proto"], ["proto"])?;
    tonic_prost_build::configure()
        .codec_path("crate::codec::Bounded")
        .build_transport(false)
        .bytes(".")
        .include_file("wire.rs")
        .compile_fds(files)?;
    Ok(())
}
