use super::*;

const STORE_WORD: u8 = 0x7b;
const STORE_BYTE: u8 = 0x73;
const LOAD_WORD: u8 = 0x79;
const JUMP_IF_ZERO: u8 = 0x15;
const R10: u8 = FRAME_POINTER;

fn code(instructions: &[(u8, u8, u8, i16, i32)]) -> Vec<u8> {
    let encode = |&(opcode, destination, source, offset, constant): &(u8, u8, u8, i16, i32)| {
        let mut slot = vec![opcode, destination | source << 4];
        slot.extend(offset.to_le_bytes());
        slot.extend(constant.to_le_bytes());
        slot
    };
    instructions.iter().flat_map(encode).collect()
}

fn faults(instructions: &[(u8, u8, u8, i16, i32)]) -> Vec<String> {
    check(&code(instructions))
}

#[test]
fn accesses_to_the_whole_frame_pass() {
    assert!(faults(&[
        (STORE_WORD, R10, 1, -4096, 0),
        (STORE_WORD, R10, 1, -8, 0),
        (STORE_BYTE, R10, 1, -1, 0),
        (LOAD_WORD, 2, R10, -4096, 0),
        (EXIT, 0, 0, 0, 0),
    ])
    .is_empty());
}

#[test]
fn a_frame_that_overflows_is_found() {
    let found = faults(&[
        (STORE_WORD, R10, 1, -8, 0),
        (STORE_WORD, R10, 1, -4104, 0),
        (EXIT, 0, 0, 0, 0),
    ]);
    assert_eq!(
        found,
        ["instruction 1 writes 8 bytes at -4104 from the frame's end"]
    );
    assert_eq!(faults(&[(STORE_BYTE, R10, 1, -4097, 0)]).len(), 1);
    assert_eq!(faults(&[(LOAD_WORD, 1, R10, -4100, 0)]).len(), 1);
}

#[test]
fn an_access_that_only_ends_outside_the_frame_is_found() {
    assert_eq!(faults(&[(STORE_WORD, R10, 1, -4, 0)]).len(), 1);
    assert_eq!(faults(&[(STORE_BYTE, R10, 1, 0, 0)]).len(), 1);
}

#[test]
fn arguments_go_to_the_next_frame_and_nowhere_near() {
    assert!(faults(&[(STORE_WORD, R10, 1, 4104, 0), (STORE_WORD, R10, 1, 4112, 0)]).is_empty());
    // The gap, the next frame's first word (arguments start at the second), an odd place, a byte, past the next frame.
    for (opcode, offset) in [
        (STORE_WORD, 8),
        (STORE_WORD, 4096),
        (STORE_WORD, 4108),
        (STORE_BYTE, 4104),
        (STORE_WORD, 8192),
    ] {
        assert_eq!(
            faults(&[(opcode, R10, 1, offset, 0)]).len(),
            1,
            "{opcode:#x} at {offset}"
        );
    }
    assert_eq!(
        faults(&[(LOAD_WORD, 1, R10, 4104, 0)]).len(),
        1,
        "only the callee reads them"
    );
}

#[test]
fn computed_addresses_are_followed() {
    let found = faults(&[(MOVE, 1, R10, 0, 0), (ADD_CONSTANT, 1, 0, 0, -4104)]);
    assert_eq!(
        found,
        ["instruction 1 computes the address -4104 from the frame's end"]
    );
    assert_eq!(
        faults(&[(MOVE, 1, R10, 0, 0), (SUBTRACT_CONSTANT, 1, 0, 0, 4104)]).len(),
        1
    );
    assert_eq!(
        faults(&[(MOVE, 1, R10, 0, 0), (ADD_CONSTANT, 1, 0, 0, 8)]).len(),
        1
    );
    let through_copy = [
        (MOVE, 1, R10, 0, 0),
        (ADD_CONSTANT, 1, 0, 0, -4000),
        (MOVE, 2, 1, 0, 0),
        (STORE_WORD, 2, 3, -96, 0),
        (STORE_WORD, 2, 3, -104, 0),
    ];
    assert_eq!(
        faults(&through_copy),
        ["instruction 4 writes 8 bytes at -4104 from the frame's end"]
    );
}

#[test]
fn an_address_is_forgotten_when_its_register_gets_another_value() {
    let far_store = (STORE_WORD, 1, 2, -104, 0);
    let address = [(MOVE, 1, R10, 0, 0), (ADD_CONSTANT, 1, 0, 0, -4000)];
    let after = |between: (u8, u8, u8, i16, i32)| {
        faults(&[address[0], address[1], between, far_store]).len()
    };
    assert_eq!(after((LOAD_WORD, 1, 3, 0, 0)), 0);
    assert_eq!(after((CALL, 0, 0, 0, 7)), 0);
    assert_eq!(after((EXIT, 0, 0, 0, 0)), 0);
    assert_eq!(after((LOAD_WORD, 2, 3, 0, 0)), 1);
    assert_eq!(
        after((JUMP_IF_ZERO, 2, 0, 0, 0)),
        0,
        "a jump arrives at the store"
    );
    assert_eq!(
        after((JUMP_IF_ZERO, 2, 0, 5, 0)),
        1,
        "a jump arrives elsewhere"
    );
}

#[test]
fn registers_that_calls_keep_are_followed_across_calls() {
    let through_call = [
        (MOVE, 6, R10, 0, 0),
        (ADD_CONSTANT, 6, 0, 0, -4096),
        (CALL, 0, 0, 0, 7),
        (STORE_WORD, 6, 0, -8, 0),
    ];
    assert_eq!(faults(&through_call).len(), 1);
}

#[test]
fn the_second_half_of_a_constant_is_not_read_as_an_instruction() {
    let disguised_store = (STORE_WORD, R10, 1, -4104, 0);
    assert!(faults(&[(LOAD_CONSTANT, 1, 0, 0, 0), disguised_store]).is_empty());
    assert_eq!(
        faults(&[
            (LOAD_CONSTANT, 1, 0, 0, 0),
            disguised_store,
            disguised_store
        ])
        .len(),
        1
    );
}

#[test]
fn the_frame_pointer_may_not_change() {
    assert_eq!(faults(&[(ADD_CONSTANT, R10, 0, 0, -64)]).len(), 1);
    assert_eq!(faults(&[(MOVE, R10, 1, 0, 0)]).len(), 1);
    assert_eq!(faults(&[(LOAD_WORD, R10, 1, 0, 0)]).len(), 1);
}

#[test]
fn code_that_ends_within_an_instruction_is_refused() {
    let mut cut = code(&[(EXIT, 0, 0, 0, 0)]);
    cut.pop();
    assert_eq!(check(&cut).len(), 1);
}

#[test]
fn incoming_arguments_take_room_up_to_the_last_one() {
    let function = code(&[
        (LOAD_WORD, 1, ARGUMENTS, 8, 0),
        (LOAD_WORD, 2, ARGUMENTS, 24, 0),
        (EXIT, 0, 0, 0, 0),
    ]);
    assert_eq!(incoming_argument_bytes(&function), 32);
    assert_eq!(incoming_argument_bytes(&code(&[(EXIT, 0, 0, 0, 0)])), 0);
}
