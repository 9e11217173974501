// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Bn254
/// @notice The curve of EIP-196 and EIP-197: its numbers, and which words are points of it.
library Bn254 {
    /// @dev Order of the groups: scalars, and so public inputs, are below it.
    uint256 internal constant ORDER =
        0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    /// @dev Coordinates are below it.
    uint256 internal constant MODULUS =
        0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    uint256 internal constant G1_X = 1;
    /// @dev Imaginary part of the generator's x, as EIP-197 orders the two.
    uint256 internal constant G2_X_IMAGINARY =
        0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;

    /// @notice Whether (x, y) is on the curve and not the point at infinity.
    function isPoint(uint256 x, uint256 y) internal view returns (bool) {
        if (x == 0 && y == 0) return false;
        // Added to infinity: the precompile refuses what is no point.
        (bool success, bytes memory sum) = address(6).staticcall(abi.encode(x, y, 0, 0));
        return success && sum.length == 64;
    }

    /// @notice Whether the four words (EIP-197: imaginary parts first) are a point of the subgroup and not
    /// the one at infinity.
    function isPointOfG2(uint256[4] memory words) internal view returns (bool) {
        if (words[0] | words[1] | words[2] | words[3] == 0) return false;
        // Paired with infinity: one, or refused.
        (bool success, bytes memory product) = address(8).staticcall(abi.encode(0, 0, words));
        return success && product.length == 32 && abi.decode(product, (uint256)) == 1;
    }
}
