//! What LLVM 23 expects of builtins and rustc does not give it.
//!
//! LLVM takes a result of 128 bits in two registers; rustc still writes it through a pointer on this target, as LLVM 22
//! had it. And LLVM takes the upper half of the register with a 32-bit float to be zero, while what rustc compiles leaves
//! anything there. So each such function gets another name, and a function of LLVM's convention around it takes its name;
//! the optimizer makes one of the two. The new functions are weak: the first library that has a name keeps it.

use anyhow::{Context, Result};

/// Rewrites a module of builtins, given as text.
pub fn adapt(module: &str) -> Result<String> {
    let mut text = module.to_owned();
    let mut wrappers = String::new();
    for line in module.lines().filter(|line| line.starts_with("define ")) {
        let Some(result) = Kind::of(line) else {
            continue;
        };
        let (name, types) =
            signature(line, result).with_context(|| format!("cannot understand {line:?}"))?;
        if name.starts_with('_') && !name.starts_with("__") {
            // Mangled: Rust calls it, in its own convention.
            continue;
        }
        wrappers.push_str(&result.wrapper(name, &types));
        // A weak function's group has its name.
        for (before, after) in [('@', "("), ('$', " = comdat")] {
            let (old, new) = (
                format!("{before}{name}{after}"),
                format!("{before}{}{after}", renamed(name)),
            );
            text = text.replace(&old, &new);
        }
    }
    Ok(text + &wrappers)
}

#[derive(Clone, Copy)]
enum Kind {
    /// Comes through a pointer, the first parameter.
    Wide,
    Float,
}

impl Kind {
    fn of(definition: &str) -> Option<Self> {
        let head = definition.split('(').next()?;
        if head.contains(" float @") {
            Some(Self::Float)
        } else if definition.contains(" void @__") && definition.contains("sret([16 x i8])") {
            Some(Self::Wide)
        } else {
            None
        }
    }

    fn wrapper(self, name: &str, types: &[&str]) -> String {
        let numbered = types
            .iter()
            .enumerate()
            .map(|(index, kind)| format!("{kind} %p{index}"));
        let parameters = numbered.collect::<Vec<_>>().join(", ");
        let renamed = renamed(name);
        match self {
            Self::Wide => format!(
                "
define weak i128 @{name}({parameters}) {{
  %place = alloca i128, align 16
  call void @{renamed}(ptr %place, {parameters})
  %result = load i128, ptr %place, align 16
  ret i128 %result
}}
"
            ),
            Self::Float => format!(
                "
define weak zeroext i32 @{name}({parameters}) {{
  %float = call float @{renamed}({parameters})
  %result = bitcast float %float to i32
  ret i32 %result
}}
"
            ),
        }
    }
}

fn renamed(name: &str) -> String {
    format!("rust.{name}")
}

/// The function's name and the types of its parameters, without the pointer to the result.
fn signature(definition: &str, result: Kind) -> Option<(&str, Vec<&str>)> {
    let (_, rest) = definition.split_once(" @")?;
    let (name, rest) = rest.split_once('(')?;
    let skipped = match result {
        Kind::Wide => 1,
        Kind::Float => 0,
    };
    let types = parameters(rest)?.into_iter().skip(skipped);
    let types = types.map(|parameter| parameter.trim_start().split(' ').next());
    Some((name, types.collect::<Option<_>>()?))
}

/// The parameters up to the closing parenthesis; their attributes have parentheses and commas of their own.
fn parameters(text: &str) -> Option<Vec<&str>> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, character) in text.char_indices() {
        match character {
            ')' if depth == 0 => {
                found.push(&text[start..at]);
                return Some(found);
            }
            ',' if depth == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_results_come_in_registers() {
        let module = "$__udivti3 = comdat any\n\
             define weak_odr void @__udivti3(ptr sret([16 x i8]) align 16 initializes((0, 16)) %_0, i128 noundef %n, i128 %d) #0 comdat {\n}\n";
        let text = adapt(module).unwrap();
        assert!(text.starts_with("$rust.__udivti3 = comdat any\n"), "{text}");
        assert!(
            text.contains("define weak_odr void @rust.__udivti3(ptr "),
            "{text}"
        );
        assert!(
            text.contains("define weak i128 @__udivti3(i128 %p0, i128 %p1) {"),
            "{text}"
        );
        assert!(
            text.contains("call void @rust.__udivti3(ptr %place, i128 %p0, i128 %p1)"),
            "{text}"
        );
    }

    #[test]
    fn floats_come_with_the_upper_half_of_the_register_zero() {
        let text = adapt("define weak float @__truncdfsf2(double %x) #0 {\n}\n").unwrap();
        assert!(
            text.starts_with("define weak float @rust.__truncdfsf2(double %x)"),
            "{text}"
        );
        assert!(
            text.contains("define weak zeroext i32 @__truncdfsf2(double %p0) {"),
            "{text}"
        );
    }

    #[test]
    fn other_functions_stay() {
        let module = "define double @__floattidf(i128 %x) #0 {\n}\ndefine internal float @_RNvCs1_4core3abs(float %x) {\n}\n";
        assert_eq!(adapt(module).unwrap(), module);
    }
}
