//! Reads bytes by nothing but the IDL, as a client would: Borsh, which for the accounts' structs, without padding, is also
//! their layout in memory.

use anchor_lang_idl::types::{Idl, IdlArrayLen, IdlDefinedFields, IdlField, IdlType, IdlTypeDefTy};
use serde_json::{Map, Value};
use solana_pubkey::Pubkey;

use crate::type_of;

pub struct Reader<'a> {
    pub idl: &'a Idl,
    pub rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.rest.split_first_chunk().expect("more bytes");
        self.rest = rest;
        *taken
    }

    pub fn value(&mut self, ty: &IdlType) -> Value {
        match ty {
            IdlType::Bool => Value::Bool(match self.take() {
                [0] => false,
                [1] => true,
                [other] => panic!("{other} is no bool"),
            }),
            IdlType::U8 => u8::from_le_bytes(self.take()).into(),
            IdlType::U32 => u32::from_le_bytes(self.take()).into(),
            IdlType::I32 => i32::from_le_bytes(self.take()).into(),
            IdlType::U64 => u64::from_le_bytes(self.take()).into(),
            IdlType::I64 => i64::from_le_bytes(self.take()).into(),
            IdlType::Pubkey => Pubkey::new_from_array(self.take()).to_string().into(),
            IdlType::Array(item, IdlArrayLen::Value(len)) => {
                (0..*len).map(|_| self.value(item)).collect()
            }
            IdlType::Vec(item) => {
                let len = u32::from_le_bytes(self.take());
                (0..len).map(|_| self.value(item)).collect()
            }
            IdlType::Defined { name, .. } => self.defined(name),
            other => panic!("the program uses no {other:?}"),
        }
    }

    pub fn defined(&mut self, name: &str) -> Value {
        match &type_of(self.idl, name).ty {
            IdlTypeDefTy::Struct {
                fields: Some(IdlDefinedFields::Named(fields)),
            } => self.fields(fields),
            IdlTypeDefTy::Struct {
                fields: Some(IdlDefinedFields::Tuple(types)),
            } => types.iter().map(|ty| self.value(ty)).collect(),
            other => panic!("the program uses no {other:?}"),
        }
    }

    pub fn fields(&mut self, fields: &[IdlField]) -> Value {
        let named = fields.iter().map(|f| (f.name.clone(), self.value(&f.ty)));
        Value::Object(named.collect::<Map<_, _>>())
    }
}

/// A value of the program as [`Reader`] would show it.
pub trait Shown {
    fn shown(&self) -> Value;
}

impl Shown for Pubkey {
    fn shown(&self) -> Value {
        self.to_string().into()
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn shown(&self) -> Value {
        self.iter().map(Shown::shown).collect()
    }
}

macro_rules! shown_as_they_are {
    ($($type:ty),*) => {
        $(impl Shown for $type {
            fn shown(&self) -> Value {
                (*self).into()
            }
        })*
    };
}

shown_as_they_are!(bool, u8, u32, u64, i64);

/// Builds a struct, and says what a reader must find in it: (value, name of the type, fields).
#[macro_export]
macro_rules! sample {
    ($type:ident { $($field:ident: $value:expr),* $(,)? }) => {
        (
            $type { $($field: $value),* },
            stringify!($type),
            serde_json::Value::Object([
                $((stringify!($field).to_owned(), $crate::reader::Shown::shown(&$value))),*
            ].into_iter().collect()),
        )
    };
}
