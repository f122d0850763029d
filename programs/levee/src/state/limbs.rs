//! Wide integers inside accounts.

/// A 128-bit number as two 64-bit limbs, the low one first.
///
/// An account holds no `u128`: its alignment is 16 bytes on some targets and 8 on others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct Limbs(pub [u64; 2]);

impl Limbs {
    /// The number.
    pub const fn get(self) -> u128 {
        let [low, high] = self.0;
        (low as u128) | ((high as u128) << 64)
    }

    /// The limbs of `value`.
    pub const fn new(value: u128) -> Self {
        Self([value as u64, (value >> 64) as u64])
    }
}

/// What `#[zero_copy]` would derive, had it support for tuple structs.
#[cfg(feature = "idl-build")]
impl anchor_lang::IdlBuild for Limbs {
    fn create_type() -> Option<anchor_lang::idl::types::IdlTypeDef> {
        use anchor_lang::idl::types::*;

        let limbs = IdlType::Array(Box::new(IdlType::U64), IdlArrayLen::Value(2));
        Some(IdlTypeDef {
            name: Self::get_full_path(),
            docs: vec!["A 128-bit number as two 64-bit limbs, the low one first.".into()],
            serialization: IdlSerialization::Bytemuck,
            repr: Some(IdlRepr::Transparent),
            generics: Vec::new(),
            ty: IdlTypeDefTy::Struct {
                fields: Some(IdlDefinedFields::Tuple(vec![limbs])),
            },
        })
    }
}
