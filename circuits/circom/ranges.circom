pragma circom 2.1.6;

include "bitify.circom";

// 0 <= in < 2^bits. A field element wraps, so whatever is added up or subtracted is checked to be small first.
template InBits(bits) {
    signal input in;

    component spelled = Num2Bits(bits);
    spelled.in <== in;
}

// 0 <= in <= max, for max < 2^bits: both in and max - in are small, which only a number between them is.
template AtMost(max, bits) {
    signal input in;

    component isSmall = InBits(bits);
    isSmall.in <== in;
    component isBelow = InBits(bits);
    isBelow.in <== max - in;
}
