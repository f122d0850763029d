//! Recorded accounts, and the index that says what they are.

use std::path::{Path, PathBuf};

use levee::oracle::{PYTH_LEGACY_PROGRAMS, PYTH_RECEIVERS};
use solana_account::Account;
use solana_pubkey::Pubkey;

/// A row of the index: a file, and what it was decoded to.
#[derive(Clone)]
pub struct Recorded {
    pub file: String,
    pub decoded: String,
    pub account: Account,
    pub key: Pubkey,
}

impl Recorded {
    /// The word after `name=`; the rest of a date is its next word.
    pub fn field(&self, name: &str) -> Option<&str> {
        let words = self.decoded.split(' ');
        words
            .filter_map(|word| word.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    pub fn is_legacy(&self) -> bool {
        self.decoded.starts_with("Pyth legacy")
    }

    /// Unix time of the publication; zero where the index says so.
    pub fn publish_ts(&self) -> i64 {
        let name = if self.is_legacy() { "ts" } else { "publish" };
        let day = self.field(name).expect("a price has a time");
        if day == "0" {
            return 0;
        }
        let at = self.decoded.find(day).expect("it was found there") + day.len() + 1;
        unix_time(day, &self.decoded[at..at + 8])
    }
}

/// Seconds since 1970 of a `YYYY-MM-DD` and `HH:MM:SS` in UTC.
fn unix_time(day: &str, time: &str) -> i64 {
    let numbers = |text: &str, by| {
        text.split(by)
            .map(|n| n.parse::<i64>().unwrap())
            .collect::<Vec<_>>()
    };
    let (&[year, month, day], &[h, m, s]) = (&numbers(day, '-')[..], &numbers(time, ':')[..])
    else {
        panic!("{day} {time} is a date and a time");
    };
    // Years begin in March, so that the day that may be missing is the last.
    let (year, month) = if month < 3 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    (days - 719_468) * 86_400 + h * 3_600 + m * 60 + s
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.trim_end_matches('=').bytes().map(digit).collect();
    let group = |four: &[u8]| {
        let bits =
            four.iter().fold(0u32, |bits, d| bits << 6 | u32::from(*d)) << (6 * (4 - four.len()));
        bits.to_be_bytes()[1..four.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}

/// A file as `solana account` writes it, or its bare data; of `owner` where it names none.
fn account(path: &Path, owner: Pubkey) -> (Account, Option<Pubkey>) {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let with = |data, owner| Account {
        lamports: 1_000_000_000,
        data,
        owner,
        ..Account::default()
    };
    if path.extension().is_some_and(|extension| extension == "bin") {
        return (with(bytes, owner), None);
    }
    let json: serde_json::Value = serde_json::from_slice(&bytes).expect("the file is JSON");
    let key = |value: &serde_json::Value| value.as_str().unwrap().parse::<Pubkey>().unwrap();
    let data = base64(json["account"]["data"][0].as_str().unwrap());
    (
        with(data, key(&json["account"]["owner"])),
        Some(key(&json["pubkey"])),
    )
}

/// The accounts under `accounts/FOLDER/`; none, with a note, where the data is not at hand.
pub fn recorded(folders: &[&str]) -> Vec<Recorded> {
    let data = std::env::var_os("LEVEE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")),
        PathBuf::from,
    );
    let Ok(index) = std::fs::read_to_string(data.join("INDEX.md")) else {
        println!("skipped: no {}", data.join("INDEX.md").display());
        return Vec::new();
    };
    let rows = index.lines().filter_map(|line| {
        let cells: Vec<&str> = line
            .trim_matches(['|', ' '])
            .split('|')
            .map(str::trim)
            .collect();
        let (file, decoded) = (*cells.first()?, *cells.last()?);
        let folder = file.strip_prefix("accounts/")?.split_once('/')?.0;
        if !folders.contains(&folder) {
            return None;
        }
        let legacy = decoded.starts_with("Pyth legacy");
        let owner = if legacy {
            PYTH_LEGACY_PROGRAMS[1]
        } else {
            PYTH_RECEIVERS[0]
        };
        let (account, key) = account(&data.join(file), owner);
        let stem = Path::new(file)
            .file_stem()?
            .to_str()?
            .trim_start_matches("mango_");
        let key = key
            .or_else(|| stem.parse().ok())
            .unwrap_or_else(Pubkey::new_unique);
        Some(Recorded {
            file: file.into(),
            decoded: decoded.into(),
            account,
            key,
        })
    });
    rows.collect()
}

/// Feed id of a `PriceUpdateV2`: after discriminator, authority and full verification.
pub fn feed_id(data: &[u8]) -> [u8; 32] {
    data[41..73].try_into().unwrap()
}
