//! What the journal remembers, and what it refuses.

use rusqlite::Connection;

use super::*;

fn intent(signature: u8, obligations: &[u8]) -> Intent {
    Intent {
        id: 0,
        kind: Kind::Batch,
        repay: Pubkey::new_unique(),
        seize: Pubkey::new_unique(),
        max_repay_atoms: u64::MAX,
        fee_lamports: 5_000 + u64::from(signature),
        signature: Signature::from([signature; 64]),
        last_valid_block_height: 77,
        wire: vec![1, 2, 3],
        entries: obligations
            .iter()
            .map(|number| Entry {
                obligation: Pubkey::new_from_array([*number; 32]),
                due_atoms: u64::MAX - 1,
                seized_atoms: 5,
            })
            .collect(),
    }
}

#[test]
fn what_was_written_is_read_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut written = intent(1, &[7, 8]);
    let mut journal = Journal::open(&path).unwrap();
    written.id = journal.write(&written).unwrap().unwrap();
    drop(journal);
    let journal = Journal::open(&path).unwrap();
    assert_eq!(journal.in_state(State::Open).unwrap(), [written]);
}

#[test]
fn an_obligation_of_an_open_intent_is_refused_and_nothing_of_the_second_intent_stays() {
    let mut journal = Journal::in_memory().unwrap();
    let first = journal.write(&intent(1, &[7])).unwrap().unwrap();
    assert_eq!(journal.write(&intent(2, &[6, 7])).unwrap(), None);
    assert_eq!(journal.in_state(State::Open).unwrap().len(), 1);
    journal.note(first, State::Confirmed, Some(9)).unwrap();
    assert!(journal.write(&intent(2, &[6, 7])).unwrap().is_some());
    assert_eq!(journal.newest_landed_slot().unwrap(), 9);
    // The same transaction is never written twice.
    assert_eq!(journal.write(&intent(1, &[3])).unwrap(), None);
}

#[test]
fn two_bots_never_share_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let _first = Journal::open(&path).unwrap();
    let error = format!("{:#}", Journal::open(&path).err().unwrap());
    assert!(error.contains("another bot may have it"), "{error}");
}

#[test]
fn what_landed_is_counted_by_kind_whether_it_succeeded_or_not() {
    let mut journal = Journal::in_memory().unwrap();
    let states = [
        State::Open,
        State::Confirmed,
        State::Final,
        State::Failed,
        State::Expired,
        State::Lost,
    ];
    for (at, state) in states.into_iter().enumerate() {
        let at = at as u8;
        let id = journal.write(&intent(at, &[at])).unwrap().unwrap();
        journal.note(id, state, None).unwrap();
    }
    let refresh = Intent {
        kind: Kind::Refresh,
        ..intent(9, &[])
    };
    let id = journal.write(&refresh).unwrap().unwrap();
    journal.note(id, State::Confirmed, Some(4)).unwrap();
    assert_eq!(
        journal.fees_lamports(Kind::Batch).unwrap(),
        3 * 5_000 + 1 + 2 + 3
    );
    assert_eq!(journal.fees_lamports(Kind::Refresh).unwrap(), 5_009);
    assert_eq!(journal.fees_lamports(Kind::Flash).unwrap(), 0);
}

#[test]
fn a_journal_from_before_fees_were_counted_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut written = intent(1, &[7]);
    let mut journal = Journal::open(&path).unwrap();
    written.id = journal.write(&written).unwrap().unwrap();
    drop(journal);
    let db = Connection::open(&path).unwrap();
    db.execute_batch("ALTER TABLE intents DROP COLUMN fee_lamports")
        .unwrap();
    drop(db);
    let journal = Journal::open(&path).unwrap();
    written.fee_lamports = 0;
    assert_eq!(journal.in_state(State::Open).unwrap(), [written]);
}
