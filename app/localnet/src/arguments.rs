//! The command line.

use std::path::PathBuf;

use clap::Parser;
use solana_pubkey::Pubkey;

#[derive(Parser, Debug)]
#[command(
    about = "A local Solana chain with JSON-RPC and WebSocket; needs no network, keeps nothing"
)]
pub struct Arguments {
    /// Where JSON-RPC listens, on 127.0.0.1; 0 is any free port
    #[arg(long, default_value_t = 8899)]
    pub rpc_port: u16,
    /// Where WebSocket listens [default: the RPC port plus one, as in Solana; any free port where that is 0]
    #[arg(long)]
    pub ws_port: Option<u16>,
    /// How long a slot takes, in milliseconds
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u64).range(10..=10_000))]
    pub slot_ms: u64,
    /// A program that is there from the beginning, as ADDRESS=FILE.so; may be repeated
    #[arg(long, value_name = "ADDRESS=FILE", value_parser = parse_program)]
    pub program: Vec<(Pubkey, PathBuf)>,
    /// Who may upgrade these programs; nobody where this is not given
    #[arg(long, value_name = "ADDRESS")]
    pub upgrade_authority: Option<Pubkey>,
    /// Say that the chain is ready in one line of JSON
    #[arg(long)]
    pub json: bool,
    /// End when the standard input is closed, as it is when the process that started this one ends
    #[arg(long)]
    pub until_stdin_closes: bool,
    /// Print every transaction with its error and logs
    #[arg(long)]
    pub verbose: bool,
}

fn parse_program(text: &str) -> Result<(Pubkey, PathBuf), String> {
    let (address, file) = text.split_once('=').ok_or("expected ADDRESS=FILE.so")?;
    let address = address
        .parse()
        .map_err(|_| format!("{address} is no address"))?;
    Ok((address, PathBuf::from(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ";

    fn parse(arguments: &[&str]) -> Result<Arguments, String> {
        let program = ["levee-localnet"];
        Arguments::try_parse_from(program.iter().chain(arguments)).map_err(|e| e.to_string())
    }

    #[test]
    fn programs_are_named_by_address_and_file() {
        let first = format!("{ADDRESS}=a/b=c.so");
        let arguments = parse(&["--program", &first, "--program", &first]).unwrap();
        let expected = (ADDRESS.parse().unwrap(), PathBuf::from("a/b=c.so"));
        assert_eq!(arguments.program, [expected.clone(), expected]);
    }

    #[test]
    fn what_is_no_address_or_names_no_file_is_refused_with_the_reason() {
        let error = parse(&["--program", "nonsense=a.so"]).unwrap_err();
        assert!(error.contains("nonsense is no address"), "{error}");
        let error = parse(&["--program", ADDRESS]).unwrap_err();
        assert!(error.contains("expected ADDRESS=FILE.so"), "{error}");
        let error = parse(&["--slot-ms", "0"]).unwrap_err();
        assert!(error.contains("10..=10000"), "{error}");
    }
}
