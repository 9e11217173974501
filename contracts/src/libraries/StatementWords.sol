// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title StatementWords
/// @notice How statements become public inputs, as src/proofs/statement-words.ts writes them: a field element
/// holds 253 bits, so a word takes two of them and everything shorter takes one.
library StatementWords {
    function put(bytes32[] memory inputs, uint256 index, uint256 value)
        internal
        pure
        returns (uint256 next)
    {
        inputs[index] = bytes32(value);
        return index + 1;
    }

    /// @notice The upper 128 bits, then the lower.
    function putHalves(bytes32[] memory inputs, uint256 index, bytes32 word)
        internal
        pure
        returns (uint256 next)
    {
        inputs[index] = word >> 128;
        inputs[index + 1] = word << 128 >> 128;
        return index + 2;
    }

    /// @notice The account of a public key on secp256k1.
    function accountOf(bytes32 x, bytes32 y) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(x, y)))));
    }
}
