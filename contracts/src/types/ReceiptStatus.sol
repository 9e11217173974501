// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ReceiptStatus
/// @notice What the chain has on record of a receipt. Part of the ABI: numbers never change.
library ReceiptStatus {
    uint8 internal constant UNKNOWN = 0;
    uint8 internal constant ANCHORED = 1;
    uint8 internal constant CHALLENGED = 2;
    uint8 internal constant INVALIDATED = 3;
}
