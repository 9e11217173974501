// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Whether a signing key with this epoch (see `IOperatorRegistry.SigningKey`) signs at
/// `timestampS`.
function isActiveAt(uint64 activeFrom, uint64 revokedAt, uint64 timestampS) pure returns (bool) {
    return activeFrom != 0 && activeFrom <= timestampS && (revokedAt == 0 || timestampS < revokedAt);
}
