// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";

/// @notice The stretch of time in which a key signs. One slot: the receipt verifier reads one word
/// for each signature.
struct KeyEpoch {
    /// @dev Unix seconds, inclusive; zero: never registered.
    uint64 activeFrom;
    /// @dev Unix seconds, exclusive; zero: not revoked.
    uint64 revokedAt;
}

/// @notice Whether a key with this epoch signs at `timestampS`.
function isActiveAt(uint64 activeFrom, uint64 revokedAt, uint64 timestampS) pure returns (bool) {
    return activeFrom != 0 && activeFrom <= timestampS && (revokedAt == 0 || timestampS < revokedAt);
}

/// @notice Under which a key of an operator of a registry stands in the `ISigningKeyBook`.
function keyIdOf(address registry, address operator, address key) pure returns (bytes32) {
    return EfficientHashLib.hash(
        uint256(uint160(registry)), uint256(uint160(operator)), uint256(uint160(key))
    );
}
