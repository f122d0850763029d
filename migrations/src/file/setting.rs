//! Setting the program's fields to what was said, where something was.

use super::{Percent, Time, Tokens};

/// Sets a field in basis points.
pub(super) fn bps(field: &mut u32, said: Option<Percent>, name: &str) -> Result<(), String> {
    if let Some(percent) = said {
        *field = percent.bps().map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

pub(super) fn ppm(field: &mut u32, said: Option<Percent>) {
    if let Some(percent) = said {
        *field = percent.ppm;
    }
}

pub(super) fn seconds(field: &mut u32, said: Option<Time>, name: &str) -> Result<(), String> {
    if let Some(time) = said {
        *field = u32::try_from(time.seconds).map_err(|_| format!("{name} is too long"))?;
    }
    Ok(())
}

pub(super) fn atoms(
    field: &mut u64,
    said: &Option<Tokens>,
    decimals: u8,
    name: &str,
) -> Result<(), String> {
    if let Some(tokens) = said {
        *field = tokens
            .atoms(decimals)
            .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
