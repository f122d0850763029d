//! The little of ELF64 that is needed: code sections and functions.

use anyhow::{ensure, Context, Result};

const SYMBOL_TABLE: u32 = 2;
const FUNCTION: u8 = 2;
const EXECUTABLE: u64 = 4;
const SYMBOL_BYTES: usize = 24;

pub struct Elf<'a> {
    bytes: &'a [u8],
    sections: Vec<Section<'a>>,
}

struct Section<'a> {
    kind: u32,
    flags: u64,
    link: u32,
    contents: &'a [u8],
}

pub struct Function<'a> {
    pub name: String,
    pub code: &'a [u8],
}

impl<'a> Elf<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        ensure!(
            bytes.starts_with(b"\x7fELF\x02\x01"),
            "no little-endian 64-bit ELF"
        );
        let mut elf = Self {
            bytes,
            sections: Vec::new(),
        };
        let table = elf.u64(0x28)? as usize;
        let (entry_bytes, count) = (elf.u16(0x3a)?, elf.u16(0x3c)?);
        for index in 0..usize::from(count) {
            let header = table + index * usize::from(entry_bytes);
            let kind = elf.u32(header + 4)?;
            const WITHOUT_CONTENTS: u32 = 8;
            let contents = if kind == WITHOUT_CONTENTS {
                &[]
            } else {
                slice(bytes, elf.u64(header + 0x18)?, elf.u64(header + 0x20)?)?
            };
            let section = Section {
                kind,
                flags: elf.u64(header + 8)?,
                link: elf.u32(header + 0x28)?,
                contents,
            };
            elf.sections.push(section);
        }
        Ok(elf)
    }

    /// In a program, the version of the bytecode.
    pub fn flags(&self) -> Result<u32> {
        self.u32(0x30)
    }

    /// The contents of every section with code.
    pub fn code(&self) -> Result<Vec<&'a [u8]>> {
        let code = self
            .sections
            .iter()
            .filter(|section| section.flags & EXECUTABLE != 0 && !section.contents.is_empty());
        Ok(code.map(|section| section.contents).collect())
    }

    pub fn functions(&self) -> Result<Vec<Function<'a>>> {
        let table = self
            .sections
            .iter()
            .find(|section| section.kind == SYMBOL_TABLE)
            .context("no symbols")?;
        let names = self
            .sections
            .get(table.link as usize)
            .context("no names of symbols")?
            .contents;
        let mut functions = Vec::new();
        for symbol in table.contents.chunks_exact(SYMBOL_BYTES) {
            let symbol = Elf {
                bytes: symbol,
                sections: Vec::new(),
            };
            let section = self.sections.get(usize::from(symbol.u16(6)?));
            let (Some(section), true) = (section, symbol.bytes[4] & 0xf == FUNCTION) else {
                continue;
            };
            if section.flags & EXECUTABLE == 0 {
                continue;
            }
            let name = names
                .get(symbol.u32(0)? as usize..)
                .context("a name is out of range")?;
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            functions.push(Function {
                name: String::from_utf8_lossy(name).into_owned(),
                code: slice(section.contents, symbol.u64(8)?, symbol.u64(16)?)?,
            });
        }
        Ok(functions)
    }

    fn u16(&self, at: usize) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array(at)?))
    }

    fn u32(&self, at: usize) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    fn u64(&self, at: usize) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array(at)?))
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N]> {
        self.bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .copied()
            .context("the file is cut off")
    }
}

fn slice(bytes: &[u8], start: u64, length: u64) -> Result<&[u8]> {
    let (start, length) = (usize::try_from(start)?, usize::try_from(length)?);
    bytes
        .get(start..)
        .and_then(|rest| rest.get(..length))
        .context("the file is cut off")
}
