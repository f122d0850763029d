//! Where a struct's fields lie by the IDL alone, with C's rules.

use anchor_lang_idl::types::{
    Idl, IdlArrayLen, IdlDefinedFields, IdlRepr, IdlSerialization, IdlType, IdlTypeDefTy,
};

use crate::type_of;

/// Where a struct's fields lie: (name, offset, size).
pub type Fields = Vec<(String, usize, usize)>;

#[derive(Debug, PartialEq)]
pub struct Layout {
    pub size: usize,
    pub align: usize,
    pub fields: Fields,
}

fn size_and_align(idl: &Idl, ty: &IdlType) -> (usize, usize) {
    match ty {
        IdlType::U8 => (1, 1),
        IdlType::U32 | IdlType::I32 => (4, 4),
        IdlType::U64 | IdlType::I64 => (8, 8),
        IdlType::Pubkey => (32, 1),
        IdlType::Array(item, IdlArrayLen::Value(len)) => {
            let (size, align) = size_and_align(idl, item);
            (size * len, align)
        }
        IdlType::Defined { name, .. } => {
            let layout = described(idl, name);
            (layout.size, layout.align)
        }
        other => panic!("accounts hold no {other:?}"),
    }
}

pub fn described(idl: &Idl, name: &str) -> Layout {
    let def = type_of(idl, name);
    assert_eq!(def.serialization, IdlSerialization::Bytemuck, "{name}");
    match (&def.repr, &def.ty) {
        (
            Some(IdlRepr::C(modifier)),
            IdlTypeDefTy::Struct {
                fields: Some(IdlDefinedFields::Named(fields)),
            },
        ) if !modifier.packed && modifier.align.is_none() => {
            let up = |offset: usize, align: usize| offset.next_multiple_of(align);
            let (mut end, mut most) = (0, 1);
            let mut placed = Fields::new();
            for field in fields {
                let (size, align) = size_and_align(idl, &field.ty);
                let offset = up(end, align);
                placed.push((field.name.clone(), offset, size));
                (end, most) = (offset + size, most.max(align));
            }
            Layout {
                size: up(end, most),
                align: most,
                fields: placed,
            }
        }
        (
            Some(IdlRepr::Transparent),
            IdlTypeDefTy::Struct {
                fields: Some(IdlDefinedFields::Tuple(types)),
            },
        ) if types.len() == 1 => {
            let (size, align) = size_and_align(idl, &types[0]);
            Layout {
                size,
                align,
                fields: Fields::new(),
            }
        }
        other => panic!("{name} is laid out by no rule of C: {other:?}"),
    }
}
