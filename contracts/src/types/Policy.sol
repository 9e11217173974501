// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a consumer asks of a receipt. Zero in a member: any value will do.
struct Policy {
    bytes32 modelId;
    /// @dev Bit mask: the receipt must claim every one of these tiers.
    uint16 minTiers;
    /// @dev Seconds since `finishedAt`.
    uint64 maxAge;
    /// @dev Operator address of the gateway.
    address gateway;
}
