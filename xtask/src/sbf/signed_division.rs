//! Signed division, which version 0 of the bytecode does not have and LLVM does not replace for it.
//!
//! LLVM has no pass for this, so the module is rewritten as text: each signed division becomes a call of a function that
//! divides the magnitudes. Divisions of 128 bits are left to the builtins.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

/// The module without signed divisions, or nothing if it has none.
pub fn replace(module: &str) -> Result<Option<String>> {
    let mut functions = BTreeSet::new();
    let mut lines = Vec::new();
    for line in module.lines() {
        match Division::parse(line)? {
            Some(division) => {
                lines.push(division.call());
                functions.insert((division.operation, division.bits));
            }
            None => lines.push(line.to_owned()),
        }
    }
    if functions.is_empty() {
        return Ok(None);
    }
    lines.extend(
        functions
            .into_iter()
            .map(|(operation, bits)| definition(operation, bits)),
    );
    Ok(Some(lines.join("\n") + "\n"))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    Quotient,
    Remainder,
}

impl Operation {
    fn function(self, bits: u32) -> String {
        match self {
            Self::Quotient => format!("@signed.quotient.i{bits}"),
            Self::Remainder => format!("@signed.remainder.i{bits}"),
        }
    }
}

/// `RESULT = sdiv [exact ]iBITS DIVIDEND, DIVISOR[, METADATA]`
struct Division<'a> {
    result: &'a str,
    operation: Operation,
    bits: u32,
    dividend: &'a str,
    divisor: &'a str,
    /// With its comma, as the call takes the same.
    metadata: &'a str,
}

impl<'a> Division<'a> {
    fn parse(line: &'a str) -> Result<Option<Self>> {
        let Some((result, expression)) = line
            .split_once(" = ")
            .filter(|(result, _)| result.starts_with("  %"))
        else {
            return Ok(None);
        };
        let (operation, operands) = if let Some(operands) = expression.strip_prefix("sdiv ") {
            (Operation::Quotient, operands)
        } else if let Some(operands) = expression.strip_prefix("srem ") {
            (Operation::Remainder, operands)
        } else {
            return Ok(None);
        };
        let division = Self::operands(result, operation, operands)
            .with_context(|| format!("cannot replace the signed division {line:?}"))?;
        Ok(Some(division).filter(|division| division.bits <= 64))
    }

    fn operands(result: &'a str, operation: Operation, operands: &'a str) -> Option<Self> {
        let operands = operands.strip_prefix("exact ").unwrap_or(operands);
        let (width, operands) = operands.split_once(' ')?;
        let (dividend, rest) = operands.split_once(", ")?;
        let (divisor, metadata) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
        let bits = width.strip_prefix('i')?.parse().ok()?;
        Some(Self {
            result,
            operation,
            bits,
            dividend,
            divisor,
            metadata,
        })
    }

    fn call(&self) -> String {
        let Self {
            result,
            bits,
            dividend,
            divisor,
            metadata,
            ..
        } = self;
        let function = self.operation.function(*bits);
        format!(
            "{result} = call i{bits} {function}(i{bits} {dividend}, i{bits} {divisor}){metadata}"
        )
    }
}

/// A sign is all ones or all zeros: `(x ^ sign) - sign` negates where it is ones.
fn definition(operation: Operation, bits: u32) -> String {
    let function = operation.function(bits);
    let (unsigned, sign) = match operation {
        Operation::Quotient => ("udiv", "%signs = xor iN %a.sign, %b.sign"),
        // The remainder has the dividend's sign.
        Operation::Remainder => ("urem", "%signs = or iN %a.sign, 0"),
    };
    let body = format!(
        "define internal iN {function}(iN %a, iN %b) {{
  %a.sign = ashr iN %a, {top}
  %b.sign = ashr iN %b, {top}
  %a.flipped = xor iN %a, %a.sign
  %b.flipped = xor iN %b, %b.sign
  %a.magnitude = sub iN %a.flipped, %a.sign
  %b.magnitude = sub iN %b.flipped, %b.sign
  %magnitude = {unsigned} iN %a.magnitude, %b.magnitude
  {sign}
  %flipped = xor iN %magnitude, %signs
  %result = sub iN %flipped, %signs
  ret iN %result
}}",
        top = bits - 1,
    );
    body.replace("iN", &format!("i{bits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_divisions_become_calls_and_everything_else_stays() {
        let module = "define i64 @f(i64 %a, i32 %b) {\n  %1 = sdiv i64 %a, 10, !dbg !3\n  %c = srem exact i32 %b, %1\n  \
             %w = sdiv i128 %x, %y\n  %u = udiv i64 %a, %1\n}";
        let replaced = replace(module).unwrap().unwrap();
        assert!(
            replaced.contains("  %1 = call i64 @signed.quotient.i64(i64 %a, i64 10), !dbg !3\n"),
            "{replaced}"
        );
        assert!(
            replaced.contains("  %c = call i32 @signed.remainder.i32(i32 %b, i32 %1)\n"),
            "{replaced}"
        );
        assert!(
            replaced.contains("  %w = sdiv i128 %x, %y\n  %u = udiv i64 %a, %1\n"),
            "{replaced}"
        );
        assert!(replaced.contains("define internal i32 @signed.remainder.i32(i32 %a, i32 %b) {\n  %a.sign = ashr i32 %a, 31"));
        assert_eq!(replaced.matches("define internal").count(), 2);
    }

    #[test]
    fn a_module_without_signed_divisions_is_left_alone() {
        assert!(replace("  %q = udiv i64 %a, %b\n; sdiv in a comment")
            .unwrap()
            .is_none());
    }

    #[test]
    fn a_division_of_another_form_is_an_error() {
        assert!(replace("  %q = sdiv <2 x i64> %a, %b").is_err());
    }
}
