//! Tables in text files, in the variety in which people keep them: compressed or not, with any end of line, any separator, and
//! a byte order mark where Windows wrote it.

use std::fmt::Display;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use anyhow::{anyhow, bail, ensure, Context, Result};
use csv::{Reader, ReaderBuilder, StringRecord, Trim};
use flate2::read::MultiGzDecoder;

const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
const BYTE_ORDER_MARK: char = '\u{feff}';
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZIP: &[u8] = b"PK\x03\x04";
/// Many times a year of seconds or a million obligations. What is larger is rather a mistake, or meant to fill the memory.
const MOST_BYTES: u64 = 1 << 30;
const UTF_16: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// The text of `file`, unpacked, with plain ends of lines. It may be a pipe, such as `/dev/stdin`.
///
/// # Errors
/// One line that names the file where it is missing, unreadable, a device, larger than a GiB, or no text.
pub(crate) fn read(file: &Path) -> Result<String> {
    read_at_most(file, MOST_BYTES)
}

/// The same with `most` bytes, packed and unpacked.
fn read_at_most(file: &Path, most: u64) -> Result<String> {
    let cannot = |why: &dyn Display| anyhow!("cannot read {}: {why}", file.display());
    let mut source = File::open(file).map_err(|error| cannot(&error))?;
    let about = source.metadata().map_err(|error| cannot(&error))?;
    ensure!(!about.is_dir(), cannot(&"it is a folder"));
    ensure!(!is_device(&about), cannot(&"it is a device, no file"));
    let too_large = || cannot(&format!("it has more than {most} bytes: split it"));
    let mut bytes = all_of(&mut source, most)
        .map_err(|error| cannot(&error))?
        .ok_or_else(too_large)?;
    if bytes.starts_with(GZIP) {
        bytes = all_of(&mut MultiGzDecoder::new(bytes.as_slice()), most)
            .map_err(|error| cannot(&format!("its gzip is damaged ({error})")))?
            .ok_or_else(|| {
                cannot(&format!(
                    "it has more than {most} bytes when unpacked: split it"
                ))
            })?;
    }
    ensure!(
        !bytes.starts_with(ZIP),
        cannot(&"it is a ZIP archive: unpack it first")
    );
    ensure!(
        !UTF_16.iter().any(|mark| bytes.starts_with(mark)),
        cannot(&"it is UTF-16: save it as UTF-8")
    );
    plain(bytes).with_context(|| file.display().to_string())
}

/// All bytes of `source`; `None` where there are more than `most`.
fn all_of(source: &mut dyn Read, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let read = source
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok((read as u64 <= most).then_some(bytes))
}

/// Whether it is something like `/dev/zero`, which has no end.
#[cfg(unix)]
fn is_device(about: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;

    let kind = about.file_type();
    kind.is_char_device() || kind.is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &Metadata) -> bool {
    false
}

/// `bytes` as text without a byte order mark, its lines ended as on Unix.
///
/// # Errors
/// One line with the line that is no text.
pub(crate) fn plain(bytes: Vec<u8>) -> Result<String> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        anyhow!("line {line}: not UTF-8 text")
    })?;
    let unmarked = text.strip_prefix(BYTE_ORDER_MARK);
    if unmarked.is_none() && !text.contains('\r') {
        return Ok(text);
    }
    let lines = unmarked.unwrap_or(&text).replace("\r\n", "\n");
    Ok(lines.replace('\r', "\n"))
}

/// A table's rows: its first line is a row like any other.
pub(crate) struct Rows<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    row: StringRecord,
    /// Up to where lines are counted, and how many there are until there.
    counted: (usize, u64),
}

impl<'a> Rows<'a> {
    /// The rows of `text`. What separates cells is what the first line has most of.
    pub fn of(text: &'a str) -> Self {
        let first = text.lines().find(|line| !line.trim().is_empty());
        let first = first.unwrap_or_default();
        let count = |separator: &char| first.matches(*separator).count();
        // The first of equals.
        let separator = SEPARATORS.iter().rev().max_by_key(|one| count(one));
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .delimiter(separator.map_or(b',', |separator| *separator as u8))
            .from_reader(text.as_bytes());
        Self {
            text,
            reader,
            row: StringRecord::new(),
            counted: (0, 1),
        }
    }

    /// The next row that is not blank, with its line.
    ///
    /// # Errors
    /// One line where it is no row.
    pub fn next_row(&mut self) -> Result<Option<(u64, &StringRecord)>> {
        loop {
            let from = self.reader.position().byte() as usize;
            match self.reader.read_record(&mut self.row) {
                Ok(false) => return Ok(None),
                Ok(true) if self.row.iter().all(str::is_empty) => {}
                Ok(true) => {
                    let line = self.line_from(from);
                    self.unquote();
                    return Ok(Some((line, &self.row)));
                }
                Err(_) => bail!("line {}: no row of a table", self.line_from(from)),
            }
        }
    }

    /// The line in which the row begins that was read from byte `from` on: empty lines before it are not its own.
    fn line_from(&mut self, from: usize) -> u64 {
        let (until, lines) = self.counted;
        let rest = &self.text.as_bytes()[from..];
        let empty = rest.iter().take_while(|byte| **byte == b'\n').count();
        let start = from + empty;
        let passed = &self.text.as_bytes()[until..start];
        let more = passed.iter().filter(|byte| **byte == b'\n').count();
        self.counted = (start, lines + more as u64);
        self.counted.1
    }

    /// A blank before a quote makes it a part of the cell: takes such quotes off.
    fn unquote(&mut self) {
        let inside = |cell: &str| -> Option<String> {
            let cell = cell.strip_prefix('"')?.strip_suffix('"')?;
            Some(cell.trim().to_owned())
        };
        if self.row.iter().any(|cell| inside(cell).is_some()) {
            let cells = self.row.iter();
            self.row = cells
                .map(|cell| inside(cell).unwrap_or_else(|| cell.to_owned()))
                .collect();
        }
    }
}

/// A column's title as it is compared: small letters, and one underscore for whatever lies between words.
pub(crate) fn normal(title: &str) -> String {
    let words = title.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// Where the column is that has one of `names`, the first that there is; `None` where there is none.
///
/// # Errors
/// One line where there are two of that name.
pub(crate) fn column(titles: &[String], names: &[&str]) -> Result<Option<usize>> {
    for name in names {
        let mut same = (0..titles.len()).filter(|at| titles[*at] == *name);
        let found = same.next();
        ensure!(same.next().is_none(), "column `{name}` is there twice");
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let text = plain(text.as_bytes().to_vec()).unwrap();
        let mut rows = Rows::of(&text);
        let mut all = Vec::new();
        while let Some((line, row)) = rows.next_row().unwrap() {
            all.push((line, row.iter().map(str::to_owned).collect()));
        }
        all
    }

    #[test]
    fn a_table_is_the_same_with_any_separator_end_of_line_quotes_and_blank_lines() {
        let plain = rows("a,b\n1,2\n3,4\n");
        assert_eq!(plain[2], (3, vec!["3".into(), "4".into()]));
        for text in [
            "\u{feff}a,b\r\n1,2\r\n3,4\r\n",
            "a;b\n1;2\n3;4",
            "a\tb\r1\t2\r3\t4",
            "a|b\n1|2\n3|4\n\n  \n,,,\n",
            "\"a\",\"b\"\n\"1\", \"2\"\n 3 ,4\n",
        ] {
            let found: Vec<_> = rows(text).into_iter().take(3).collect();
            assert_eq!(found, plain, "{text:?}");
        }
    }

    #[test]
    fn a_blank_line_counts_as_a_line() {
        assert_eq!(rows("a,b\r\n\r\n1,2\r\n")[1].0, 3);
    }

    #[test]
    fn a_compressed_file_is_read_and_what_is_no_text_is_said_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv.gz");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"a,b\r\n1,2\r\n").unwrap();
        let packed = packed.finish().unwrap();
        fs::write(&file, &packed).unwrap();
        assert_eq!(read(&file).unwrap(), "a,b\n1,2\n");
        for (bytes, why) in [
            (&packed[..packed.len() - 6], "its gzip is damaged"),
            (b"PK\x03\x04rest", "ZIP archive: unpack it"),
            (b"\xff\xfea\0,\0", "save it as UTF-8"),
            (b"a,b\n1,\xff\n", "line 2: not UTF-8"),
        ] {
            fs::write(&file, bytes).unwrap();
            let error = format!("{:#}", read(&file).unwrap_err());
            assert!(error.contains(why) && error.contains("a.csv.gz"), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it is a folder"), "{error}");
    }

    #[test]
    fn what_has_no_end_or_unpacks_to_too_much_is_refused_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv.gz");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&[b'1'; 10_001]).unwrap();
        let packed = packed.finish().unwrap();
        assert!(packed.len() < 100);
        fs::write(&file, &packed).unwrap();
        assert_eq!(read_at_most(&file, 10_001).unwrap().len(), 10_001);
        let error = format!("{:#}", read_at_most(&file, 10_000).unwrap_err());
        assert!(
            error.contains("a.csv.gz: it has more than 10000 bytes when unpacked: split it"),
            "{error}"
        );
        let error = format!("{:#}", read_at_most(&file, 20).unwrap_err());
        assert!(
            error.ends_with("it has more than 20 bytes: split it"),
            "{error}"
        );
        if cfg!(unix) {
            let error = format!("{:#}", read(Path::new("/dev/zero")).unwrap_err());
            assert_eq!(error, "cannot read /dev/zero: it is a device, no file");
        }
    }

    #[test]
    fn titles_are_compared_without_case_and_signs() {
        for (title, name) in [
            ("Open Time", "open_time"),
            ("unix-timestamp", "unix_timestamp"),
            (" \"CLOSE\" ", "close"),
            ("", ""),
        ] {
            assert_eq!(normal(title), name);
        }
    }
}
