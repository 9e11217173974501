// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DevUSD} from "../../src/dev/DevUSD.sol";

/// @notice A token whose issuer stops accounts, as those of the large stablecoins can.
contract BlockingToken is DevUSD {
    error Blocked(address from, address to);

    mapping(address account => bool) public blocked;

    function setBlocked(address account, bool isBlocked) external {
        blocked[account] = isBlocked;
    }

    function _beforeTokenTransfer(address from, address to, uint256) internal view override {
        if (blocked[from] || blocked[to]) revert Blocked(from, to);
    }
}
