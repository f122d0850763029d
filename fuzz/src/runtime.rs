//! What a program asks the runtime for: the sysvars of the case, silence instead of logs.

use std::cell::Cell;
use std::sync::Once;

use anchor_lang::prelude::{Clock, Rent};
use solana_sysvar::program_stubs::{set_syscall_stubs, SyscallStubs};

thread_local! {
    static CLOCK: Cell<Option<Clock>> = const { Cell::new(None) };
    static RESTART_SLOT: Cell<u64> = const { Cell::new(0) };
}

/// Sets the cluster's time and its last restart for the calls that follow.
pub fn set_time(clock: Clock, restart_slot: u64) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(set_syscall_stubs(Box::new(Runtime))));
    CLOCK.set(Some(clock));
    RESTART_SLOT.set(restart_slot);
}

struct Runtime;

impl SyscallStubs for Runtime {
    fn sol_log(&self, _message: &str) {}
    fn sol_log_data(&self, _fields: &[&[u8]]) {}

    fn sol_get_clock_sysvar(&self, to: *mut u8) -> u64 {
        let clock = CLOCK.take().unwrap_or_default();
        CLOCK.set(Some(clock.clone()));
        // SAFETY: the caller passes the address of a clock.
        unsafe { to.cast::<Clock>().write_unaligned(clock) };
        0
    }

    fn sol_get_rent_sysvar(&self, to: *mut u8) -> u64 {
        // SAFETY: the caller passes the address of a rent.
        unsafe { to.cast::<Rent>().write_unaligned(Rent::default()) };
        0
    }

    fn sol_get_last_restart_slot(&self, to: *mut u8) -> u64 {
        // SAFETY: the caller passes the address of a slot.
        unsafe { to.cast::<u64>().write_unaligned(RESTART_SLOT.get()) };
        0
    }

    fn sol_get_stack_height(&self) -> u64 {
        1
    }
}
