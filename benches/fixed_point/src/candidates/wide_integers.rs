uint::construct_uint! {
    /// The intermediates of 18-decimal numbers.
    pub struct U192(3);
}
uint::construct_uint! {
    /// The intermediates of Q68.60 numbers.
    pub struct U256(4);
}
