pragma circom 2.1.6;

include "babyjub.circom";
include "bitify.circom";
include "compconstant.circom";
include "escalarmulany.circom";
include "escalarmulfix.circom";
include "poseidon.circom";

// One signature, EdDSA over Baby Jubjub with Poseidon, by the key whose hash is public:
//   response * base = nonce + challenge * 8 * key,  challenge = Poseidon(nonce, key, message)
// circomlib's own verifier takes the coordinates of key and nonce as they come and leaves two signals to the prover (the
// inverses in its comparison of what is equal); here both are points of the curve, and no signal is anybody's choice.
template SignedByUsageKey() {
    var subgroupOrder = 2736030358979909402780800718157159386076813972158567259200215660948447373041;
    var base[2] = [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];

    signal input usageKey;
    signal input message;
    signal input keyX;
    signal input keyY;
    signal input nonceX;
    signal input nonceY;
    signal input response;

    component keyHash = Poseidon(2);
    keyHash.inputs[0] <== keyX;
    keyHash.inputs[1] <== keyY;
    keyHash.out === usageKey;

    component keyOnCurve = BabyCheck();
    keyOnCurve.x <== keyX;
    keyOnCurve.y <== keyY;
    component nonceOnCurve = BabyCheck();
    nonceOnCurve.x <== nonceX;
    nonceOnCurve.y <== nonceY;

    // Below the order, so that a signature has one spelling.
    component responseBits = Num2Bits(253);
    responseBits.in <== response;
    component responseBelowOrder = CompConstant(subgroupOrder - 1);
    responseBelowOrder.in[253] <== 0;
    for (var i = 0; i < 253; i++) responseBelowOrder.in[i] <== responseBits.out[i];
    responseBelowOrder.out === 0;

    component challenge = Poseidon(5);
    challenge.inputs[0] <== nonceX;
    challenge.inputs[1] <== nonceY;
    challenge.inputs[2] <== keyX;
    challenge.inputs[3] <== keyY;
    challenge.inputs[4] <== message;
    component challengeBits = Num2Bits_strict();
    challengeBits.in <== challenge.out;

    // Three doublings leave the subgroup of prime order; a key that they make neutral, with x = 0, would sign anything.
    component doubled[3];
    for (var i = 0; i < 3; i++) doubled[i] = BabyDbl();
    doubled[0].x <== keyX;
    doubled[0].y <== keyY;
    for (var i = 1; i < 3; i++) {
        doubled[i].x <== doubled[i - 1].xout;
        doubled[i].y <== doubled[i - 1].yout;
    }
    signal inverse <-- doubled[2].xout != 0 ? 1 / doubled[2].xout : 0;
    inverse * doubled[2].xout === 1;

    component challenged = EscalarMulAny(254);
    for (var i = 0; i < 254; i++) challenged.e[i] <== challengeBits.out[i];
    challenged.p[0] <== doubled[2].xout;
    challenged.p[1] <== doubled[2].yout;

    component right = BabyAdd();
    right.x1 <== nonceX;
    right.y1 <== nonceY;
    right.x2 <== challenged.out[0];
    right.y2 <== challenged.out[1];

    component left = EscalarMulFix(253, base);
    for (var i = 0; i < 253; i++) left.e[i] <== responseBits.out[i];
    left.out[0] === right.xout;
    left.out[1] === right.yout;
}
