// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Receipt, TIERS_WORD} from "./Receipt.sol";
import {FINISHED_AT_WORD, GATEWAY_WORD, MODEL_ID_WORD} from "./Work.sol";

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

using {isMetBy, word} for Policy global;

/// @notice Whether the receipt is what the policy asks for, at this block's time.
/// @dev By words, see `Work.word`. A policy with one too large for its type asks for more than any
/// receipt has, or means the age that it says.
function isMetBy(Policy calldata self, Receipt calldata receipt) view returns (bool) {
    uint256 modelId = self.word(0);
    if (modelId != 0 && modelId != receipt.word(MODEL_ID_WORD)) return false;
    uint256 gateway = self.word(3);
    if (gateway != 0 && gateway != receipt.word(GATEWAY_WORD)) return false;
    uint256 minTiers = self.word(1);
    if (~receipt.word(TIERS_WORD) & minTiers != 0) return false;
    uint256 maxAge = self.word(2);
    uint256 finishedAt = receipt.word(FINISHED_AT_WORD);
    // A receipt from the future is not old.
    return maxAge == 0 || block.timestamp <= finishedAt || block.timestamp - finishedAt <= maxAge;
}

/// @notice The member at this position, as it lies in calldata.
function word(Policy calldata self, uint256 position) pure returns (uint256 value) {
    assembly ("memory-safe") {
        value := calldataload(add(self, shl(5, position)))
    }
}
