// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGroth16Verifier} from "../interfaces/IGroth16Verifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {DevelopmentSetup} from "../libraries/DevelopmentSetup.sol";

/// @title Groth16Runtime
/// @notice What a `Groth16Verifier` leaves behind, in front of its verification key.
/// @dev At the end of the code of the account that this runs in stand
///
///     alpha (2 words) · beta (4) · gamma (4) · delta (4) · IC[0] … IC[n] (2 each) · n (1)
///
/// as `Groth16Verifier` checked them and where no transaction can change them. Reading them costs 3 gas
/// a word, as an immutable would, and 2,097 less than a slot. So the hash of the code follows from the
/// key alone: it can be computed before anything is deployed, and is the same on every chain.
contract Groth16Runtime is IGroth16Verifier {
    uint256 private constant PROOF_BYTES = 256;
    /// @dev Of the points that every key has; each IC takes 64 more.
    uint256 private constant FIXED_KEY_BYTES = 448;

    /// @inheritdoc IGroth16Verifier
    function verificationKey() public pure returns (bytes memory key) {
        (uint256 keyAt, uint256 inputs) = _key();
        key = new bytes(FIXED_KEY_BYTES + 64 * (inputs + 1));
        assembly ("memory-safe") {
            codecopy(add(key, 0x20), keyAt, mload(key))
        }
    }

    /// @inheritdoc IGroth16Verifier
    function vkHash() external pure returns (bytes32) {
        return keccak256(verificationKey());
    }

    /// @dev Judges e(−A, B) · e(alpha, beta) · e(IC[0] + Σ input · IC, gamma) · e(C, delta) = 1.
    function verify(bytes calldata proof, bytes32[] calldata publicInputs)
        external
        view
        returns (bool holds)
    {
        (uint256 keyAt, uint256 inputs) = _key();
        if (proof.length != PROOF_BYTES || publicInputs.length != inputs) return false;
        uint256 order = Bn254.ORDER;
        uint256 modulus = Bn254.MODULUS;
        uint256 developmentAlphaX = DevelopmentSetup.ALPHA_X;
        bool isForDevelopment;
        bool answered = true;
        assembly ("memory-safe") {
            let pairs := mload(0x40) // 29 words beyond the free memory pointer: nothing is allocated.
            calldatacopy(pairs, proof.offset, 0xc0) // (A, B)
            codecopy(add(pairs, 0xc0), keyAt, 0xc0) // (alpha, beta), as they lie in the key
            codecopy(add(pairs, 0x1c0), add(keyAt, 0xc0), 0x80) // ( , gamma)
            calldatacopy(add(pairs, 0x240), add(proof.offset, 0xc0), 0x40) // (C, )
            codecopy(add(pairs, 0x280), add(keyAt, 0x140), 0x80) // ( , delta)
            isForDevelopment := eq(mload(add(pairs, 0xc0)), developmentAlphaX)

            // Negated, infinity becomes what the precompile refuses; so does most that is no coordinate.
            let y := mload(add(pairs, 0x20))
            mstore(add(pairs, 0x20), sub(modulus, y))
            // B and C may not be infinity either: the verifiers off chain refuse all three.
            let b := or(mload(add(pairs, 0x40)), mload(add(pairs, 0x60)))
            let c := or(mload(add(pairs, 0x240)), mload(add(pairs, 0x260)))
            holds := and(lt(y, modulus), and(gt(b, 0), gt(c, 0)))

            // Sum and product lie side by side, as the addition takes them.
            let sum := add(pairs, 0x300)
            let product := add(sum, 0x40)
            let ic := add(keyAt, FIXED_KEY_BYTES)
            codecopy(sum, ic, 0x40)
            for { let i := 0 } lt(i, inputs) { i := add(i, 1) } {
                ic := add(ic, 0x40)
                let input := calldataload(add(publicInputs.offset, shl(5, i)))
                // A second spelling of the same scalar would pass for another statement.
                holds := and(holds, lt(input, order))
                codecopy(product, ic, 0x40)
                mstore(add(product, 0x40), input)
                answered := and(answered, staticcall(gas(), 7, product, 0x60, product, 0x40))
                answered := and(answered, staticcall(gas(), 6, sum, 0x80, sum, 0x40))
            }
            mcopy(add(pairs, 0x180), sum, 0x40)
            answered := and(answered, staticcall(gas(), 8, pairs, 0x300, 0x00, 0x20))
            holds := and(holds, eq(mload(0x00), 1))
        }
        if (!answered) revert PrecompileFailed();
        if (isForDevelopment) DevelopmentSetup.requireDevelopmentChain();
    }

    /// @return keyAt Where in the code the key begins.
    /// @return inputs How many public inputs it takes.
    function _key() private pure returns (uint256 keyAt, uint256 inputs) {
        assembly ("memory-safe") {
            let inputsAt := sub(codesize(), 0x20)
            codecopy(0x00, inputsAt, 0x20)
            inputs := mload(0x00)
            keyAt := sub(inputsAt, add(FIXED_KEY_BYTES, shl(6, add(inputs, 1))))
        }
    }
}
