//! The functions that the compiler calls for arithmetic and memory compute in the virtual machine what the host computes.

use std::collections::BTreeSet;
use std::path::PathBuf;

use levee_probe::{
    memory, Kind, Operation, Step, COPY, EQUALITY, KINDS, MEMORY, MEMORY_BYTES, OPERATIONS, ORDER,
};
use litesvm::LiteSVM;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::Transaction;

const RANDOM_CASES: usize = 4096;
/// As many 128-bit results as a program can return.
const BATCH: usize = 64;

/// A file where the programs are.
fn deployed(name: &str) -> PathBuf {
    let folder = std::env::var_os("SBF_OUT_DIR")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/deploy"));
    folder.join(name)
}

struct Probe {
    machine: LiteSVM,
    program: Pubkey,
    payer: Keypair,
}

struct Answer {
    data: Vec<u8>,
    compute_units: u64,
}

impl Probe {
    fn start() -> Self {
        let file = deployed("levee_probe.so");
        let (program, payer) = (Pubkey::new_unique(), Keypair::new());
        let mut machine = LiteSVM::new()
            .with_sigverify(false)
            .with_blockhash_check(false)
            .with_transaction_history(0);
        machine
            .add_program_from_file(program, &file)
            .unwrap_or_else(|error| {
                panic!(
                    "{}: {error}; run `cargo xtask build-sbf --package levee-probe`",
                    file.display()
                )
            });
        machine.airdrop(&payer.pubkey(), 1_000_000_000_000).unwrap();
        Self {
            machine,
            program,
            payer,
        }
    }

    fn ask(&mut self, request: Vec<u8>) -> Answer {
        let instructions = [
            ComputeBudgetInstruction::set_compute_unit_limit(1_400_000),
            Instruction::new_with_bytes(self.program, &request, vec![]),
        ];
        let message = Message::new(&instructions, Some(&self.payer.pubkey()));
        let result = self
            .machine
            .send_transaction(Transaction::new_unsigned(message));
        let meta =
            result.unwrap_or_else(|failed| panic!("{:?}: {:?}", failed.err, failed.meta.logs));
        Answer {
            data: meta.return_data.data,
            compute_units: meta.compute_units_consumed,
        }
    }

    fn compute(&mut self, index: usize, cases: &[(u128, u128)]) -> Answer {
        let mut request = vec![index as u8];
        for (a, b) in cases {
            request.extend(a.to_le_bytes());
            request.extend(b.to_le_bytes());
        }
        self.ask(request)
    }
}

/// Numbers at which something changes: around powers of two, and around the floats' special values.
fn edges(kind: Kind) -> Vec<u128> {
    let around = |middle: u128| [middle.wrapping_sub(1), middle, middle.wrapping_add(1)];
    match kind {
        Kind::Float32 => around_float_edges(0x7f80_0000, 0x0080_0000, 1 << 31),
        Kind::Float64 => around_float_edges(0x7ff0_0000_0000_0000, 0x0010_0000_0000_0000, 1 << 63),
        Kind::Integer | Kind::ToFloat32 | Kind::ToFloat64 => {
            let powers = [
                0, 1, 7, 8, 23, 24, 31, 32, 33, 52, 53, 62, 63, 64, 65, 95, 96, 126, 127,
            ];
            let mut numbers: Vec<_> = powers
                .into_iter()
                .flat_map(|power| around(1 << power))
                .collect();
            numbers.extend([
                0,
                u128::MAX,
                i128::MAX as u128,
                i128::MIN as u128,
                u64::MAX.into(),
                i64::MIN as u128,
            ]);
            numbers
        }
    }
}

/// Bits of zero, subnormals, the smallest normal numbers, one, the largest number, infinity and NaN, of either sign.
fn around_float_edges(infinity: u128, smallest_normal: u128, sign: u128) -> Vec<u128> {
    let one = (infinity - smallest_normal) / 2 / smallest_normal * smallest_normal;
    let quiet_nan = infinity | (smallest_normal / 2);
    let magnitudes = [
        0,
        1,
        2,
        smallest_normal / 2,
        smallest_normal - 1,
        smallest_normal,
        smallest_normal + 1,
        one - 1,
        one,
        one + 1,
        one + smallest_normal,
        one + smallest_normal / 2,
        infinity - 1,
        infinity,
        infinity + 1,
        quiet_nan,
    ];
    // Limits of the integer types: two to the 63rd, 64th, 127th and 128th.
    let limits = [31, 32, 63, 64, 127, 128].map(|power| one + power * smallest_normal);
    let limits = limits
        .into_iter()
        .filter(|limit| *limit <= infinity)
        .flat_map(|limit| [limit - 1, limit]);
    magnitudes
        .into_iter()
        .chain(limits)
        .flat_map(|bits| [bits, bits | sign])
        .collect()
}

fn operand_kind(operation: &Operation) -> Kind {
    match operation.name.get(..3) {
        _ if operation.name.contains("from") => Kind::Integer,
        Some("f32") => Kind::Float32,
        Some("f64") => Kind::Float64,
        _ => Kind::Integer,
    }
}

fn random_operand(rng: &mut TestRng, edges: &[u128]) -> u128 {
    let bits = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
    match rng.next_u32() % 8 {
        0 => edges[rng.next_u32() as usize % edges.len()],
        // Numbers of every length, as most of the uniform ones are long.
        1..=5 => bits >> (rng.next_u32() % 128),
        _ => bits,
    }
}

fn cases(operation: &Operation, rng: &mut TestRng) -> Vec<(u128, u128)> {
    let edges = edges(operand_kind(operation));
    let mut cases: Vec<_> = edges
        .iter()
        .flat_map(|a| edges.iter().map(|b| (*a, *b)))
        .collect();
    cases.extend(
        (0..RANDOM_CASES).map(|_| (random_operand(rng, &edges), random_operand(rng, &edges))),
    );
    cases
}

/// One NaN stands for all: which one an operation returns is not specified.
fn canonical(kind: Kind, result: u128) -> u128 {
    match kind {
        Kind::Float32 | Kind::ToFloat32 if f32::from_bits(result as u32).is_nan() => {
            f32::NAN.to_bits().into()
        }
        Kind::Float64 | Kind::ToFloat64 if f64::from_bits(result as u64).is_nan() => {
            f64::NAN.to_bits().into()
        }
        _ => result,
    }
}

#[test]
fn arithmetic_in_the_machine_is_arithmetic_on_the_host() {
    let mut probe = Probe::start();
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut wrong = Vec::new();
    for (index, operation) in OPERATIONS.iter().enumerate() {
        let (mut failures, mut example) = (0, String::new());
        // A remainder takes up to a step for each of the exponents between its operands.
        let batch = if operation.name.starts_with('f') && operation.name.ends_with("rem") {
            BATCH / 8
        } else {
            BATCH
        };
        for batch in cases(operation, &mut rng).chunks(batch) {
            let answer = probe.compute(index, batch).data;
            assert_eq!(answer.len(), 16 * batch.len(), "{}", operation.name);
            for ((a, b), result) in batch.iter().zip(answer.chunks_exact(16)) {
                let found = canonical(
                    operation.kind,
                    u128::from_le_bytes(result.try_into().unwrap()),
                );
                let expected = canonical(operation.kind, (operation.compute)(*a, *b));
                if found != expected {
                    failures += 1;
                    example = format!("of {a:#x} and {b:#x} is {found:#x}, not {expected:#x}");
                }
            }
        }
        if failures > 0 {
            wrong.push(format!(
                "{}: {failures} wrong, one {example}",
                operation.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn memory_functions_in_the_machine_are_those_of_the_host() {
    let mut probe = Probe::start();
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut equal = 0;
    for _ in 0..1024 {
        let mut steps: Vec<Step> = Vec::new();
        for _ in 0..24 {
            let mut step = rng.next_u32().to_le_bytes();
            // Short lengths are inlined or looped over, long ones are system calls: try both as often.
            if rng.next_u32().is_multiple_of(2) {
                step[3] %= 96;
            }
            steps.push(step);
            // What was just copied is equal, and often different after one more byte, which random slices never are.
            if step[0] % KINDS == COPY {
                let comparison = [ORDER, EQUALITY][rng.next_u32() as usize % 2];
                let longer = step[3].saturating_add((rng.next_u32() % 2) as u8);
                steps.push([comparison, step[1], step[2], longer]);
                equal += 1;
            }
        }
        let mut request = vec![MEMORY];
        request.extend(steps.iter().flatten());
        let answer = probe.ask(request).data;
        assert_eq!(answer.len(), MEMORY_BYTES);
        assert!(
            answer == memory(steps.iter().copied()),
            "memory differs after {steps:?}"
        );
    }
    assert!(equal > 1_000, "{equal}");
}

/// The builtins in a program, from the list that the linker leaves beside it; none where platform-tools built it, whose
/// builtins are LLVM's own.
fn builtins(program: &str) -> Option<BTreeSet<String>> {
    let file = deployed(&format!("{program}.builtins"));
    let list = std::fs::read_to_string(&file);
    let Ok(list) = list else {
        println!("skipped: no {}", file.display());
        return None;
    };
    Some(list.lines().map(str::to_owned).collect())
}

/// The probe contains nothing but the operations above and memory functions, all of which are compared with the host's: what
/// is in it is tested.
#[test]
fn every_builtin_in_the_program_is_tested() {
    let (Some(tested), Some(used)) = (builtins("levee_probe"), builtins("levee")) else {
        return;
    };
    let untested: Vec<_> = used.difference(&tested).collect();
    assert!(!used.is_empty() && untested.is_empty(), "{untested:?}");
}

#[test]
fn every_builtin_that_this_workspace_wrote_is_tested() {
    let source = include_str!("../../xtask/sbf/builtins/src/lib.rs");
    let names = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub fn "));
    let written: BTreeSet<_> = names
        .filter_map(|rest| Some(rest.split_once('(')?.0.to_owned()))
        .collect();
    assert!(written.contains("__divti3"), "{written:?}");
    if let Some(tested) = builtins("levee_probe") {
        let untested: Vec<_> = written.difference(&tested).collect();
        assert!(untested.is_empty(), "{untested:?}");
    }
}

/// Measured: 63 units by a divisor of 32 bits, up to 141 by one of 64 and up to 223 by a longer one, where a bit-by-bit
/// division costs about 2,300.
#[test]
fn wide_division_is_not_done_bit_by_bit() {
    let mut probe = Probe::start();
    let cost = |probe: &mut Probe, name: &str, a: u128, b: u128| {
        let index = OPERATIONS
            .iter()
            .position(|operation| operation.name == name)
            .unwrap();
        let units = |probe: &mut Probe, index| probe.compute(index, &[(a, b); BATCH]).compute_units;
        (units(probe, index) - units(probe, 0)) / BATCH as u64
    };
    let worst = [u128::MAX / 3, u128::MAX, 1 << 127]
        .into_iter()
        .flat_map(|a| {
            [
                10,
                1_000_000_000_007,
                u64::MAX as u128,
                (1 << 64) + 1,
                (1 << 95) + 3,
                u128::MAX / 5,
            ]
            .map(|b| (a, b))
        })
        .map(|(a, b)| {
            let units = cost(&mut probe, "u128 div", a, b);
            println!("u128 {a:#x} / {b:#x}: {units} CU");
            units
        })
        .max();
    assert!(
        worst.unwrap() < 350,
        "{worst:?} CU for a division of 128 bits"
    );
}
